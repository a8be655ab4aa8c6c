using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>
/// What a caller may ask, checked before anything is sent, so that every implementation refuses the same calls with
/// the same words.
/// </summary>
internal static class DirectoryArguments
{
    /// <summary>The kinds of grants that the format has a place for.</summary>
    public const string FailoverKind = "failover";

    public const string RecoveryKind = "recovery";

    /// <summary>The most entries that one page of the outbox or a history may ask for.</summary>
    public const int EntriesMax = 1_000;

    /// <summary>The longest reason of a promotion or of a slot's change, in characters.</summary>
    public const int CauseLengthMax = 256;

    private const int GenLengthMax = 64;

    // A registered number has its highest bit free, and each promotion raises it by one: what was exported is far below
    // this, and what is above would run out of numbers.
    private const ulong CounterMax = long.MaxValue + (1UL << 62);

    public static void DemandShard(int shard, int shards)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, shards);
    }

    public static void DemandGrain(GrainId grain)
    {
        if (grain.Type.Length == 0) throw new ArgumentException("An empty grain id names nothing.", nameof(grain));
    }

    public static void DemandCluster(ClusterId cluster)
    {
        if (cluster.Value.Length == 0)
            throw new ArgumentException("An empty cluster id names nothing.", nameof(cluster));
    }

    public static void DemandToken(Token token)
    {
        if (token == Token.None) throw new ArgumentException("A token of zero was never minted.", nameof(token));
    }

    public static void DemandSession(SessionId session)
    {
        if (session.Opened == Token.None)
            throw new ArgumentException("A session id of zero was never opened.", nameof(session));
    }

    public static void DemandElection(ElectionName election)
    {
        if (election.Kind is not (FailoverKind or RecoveryKind) || election.Scope.Length == 0)
        {
            throw new ArgumentException(
                $"'{election}' gives no grant on a shard: failover/<cluster> or recovery/<cluster> is wanted.",
                nameof(election));
        }
    }

    public static void DemandNumber(ulong number)
    {
        // The upper half stays free, so that promotions can raise a registered number for ever.
        if (number is 0 or > long.MaxValue)
        {
            throw new ArgumentOutOfRangeException(
                nameof(number), number, $"A registered number is 1 to {long.MaxValue}.");
        }
    }

    public static void DemandEntries(int entriesMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entriesMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entriesMax, EntriesMax);
    }

    public static void DemandGroup(GroupId group)
    {
        if (group.Value.Length == 0) throw new ArgumentException("An empty group id names nothing.", nameof(group));
    }

    public static void DemandSlot(int slot)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slot);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slot, SlotId.SlotsPerGroupMax);
    }

    public static void DemandPromotion(PromoteCall call, int shards)
    {
        ArgumentNullException.ThrowIfNull(call);
        DemandShard(call.Shard, shards);
        DemandToken(call.Token);
        DemandCluster(call.From);
        ArgumentNullException.ThrowIfNull(call.LivingSessions, nameof(call));
        if (call.LivingSessions.Count > DirectoryLimits.LivingSessionsMax)
        {
            throw new ArgumentException(
                $"{call.LivingSessions.Count} living sessions were named, a promotion takes " +
                $"{DirectoryLimits.LivingSessionsMax}.",
                nameof(call));
        }

        if (call.Election.Kind != FailoverKind || !ClusterId.IsLegal(call.Election.Scope))
        {
            throw new ArgumentException(
                $"'{call.Election}' moves no ownership: failover/<cluster> is wanted.", nameof(call));
        }

        if (call.Election.Scope == call.From.Value)
        {
            throw new ArgumentException(
                $"'{call.Election}' cannot promote from its own cluster '{call.From}'.", nameof(call));
        }

        DemandReason(call.Cause, nameof(call));
        if (call.GrainsMax is < 1 or > DirectoryLimits.GrainsPerCallMax)
        {
            throw new ArgumentException(
                $"{call.GrainsMax} grains were asked for; 1 to {DirectoryLimits.GrainsPerCallMax} are legal, and " +
                $"{DirectoryLimits.GrainsPerPromotion} of them move at once.",
                nameof(call));
        }

        if (call.KeptFor is { } kept && (kept < TimeSpan.FromMilliseconds(1) || kept > DirectoryLimits.PromotedKeptMax))
        {
            throw new ArgumentException(
                $"A promotion was to be kept for {kept}; 1 ms to {DirectoryLimits.PromotedKeptMax} are legal.",
                nameof(call));
        }

        if (call.Types is { } filter) DemandTypes(filter);
    }

    private static void DemandTypes(GrainTypeFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter.Types, nameof(filter));
        if (filter.Types.Count > DirectoryLimits.GrainTypesPerCallMax)
        {
            throw new ArgumentException(
                $"{filter.Types.Count} grain types were named, a promotion takes " +
                $"{DirectoryLimits.GrainTypesPerCallMax}.",
                nameof(filter));
        }

        foreach (var type in filter.Types)
        {
            if (GrainId.Problem(type, "any") is { } problem) throw new ArgumentException(problem, nameof(filter));
        }
    }

    public static void DemandHeld(HeldGrain held, Token token)
    {
        ArgumentNullException.ThrowIfNull(held);
        DemandGrain(held.Grain);
        if (held.Epoch.Counter == 0 || held.Epoch.Token == Token.None)
            throw new ArgumentException($"'{held.Grain}': nothing is held under {held.Epoch}.", nameof(held));
        if (held.Epoch.Token > token)
        {
            throw new ArgumentException(
                $"'{held.Grain}': an epoch of {held.Epoch} cannot be held by who has the token {token}.",
                nameof(held));
        }
    }

    public static void DemandRecord(GrainRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        DemandGrain(record.Grain);
        DemandCluster(record.Cluster);
        if (record.Holder is { } holder) DemandSession(holder);
        if (record.Epoch.Counter == 0 || record.Epoch.Token == Token.None != record.Grain.IsExternal)
            throw new ArgumentException($"'{record.Grain}' cannot have the epoch {record.Epoch}.", nameof(record));
        if (record.Epoch.Counter > CounterMax)
        {
            throw new ArgumentException(
                $"'{record.Grain}' cannot have the epoch {record.Epoch}: its counter has no room to move on from.",
                nameof(record));
        }

        if (record.Holder is not null && (record.Tombstone || record.Grain.IsExternal))
            throw new ArgumentException($"'{record.Grain}' cannot have a holder.", nameof(record));
        if (record.Tombstone && record.Grain.IsExternal)
            throw new ArgumentException($"'{record.Grain}' cannot be a tombstone.", nameof(record));
    }

    public static void DemandVersion(ShardVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        if (version.Gen is not { Length: > 0 and <= GenLengthMax } || !version.Gen.All(char.IsAsciiLetterOrDigit))
            throw new ArgumentException($"'{version.Gen}' names no memory of a shard.", nameof(version));
    }

    public static void DemandClusters(IReadOnlyList<ClusterId> clusters)
    {
        ArgumentNullException.ThrowIfNull(clusters);
        if (clusters.Count is 0 or > DirectoryLimits.ClustersPerCallMax)
        {
            throw new ArgumentException(
                $"{clusters.Count} clusters were given, a call takes 1 to {DirectoryLimits.ClustersPerCallMax}.",
                nameof(clusters));
        }

        foreach (var cluster in clusters) DemandCluster(cluster);
    }

    public static void DemandReason(string? reason, string argument)
    {
        if (reason is null || reason.Length > CauseLengthMax || reason.Any(char.IsControl))
        {
            throw new ArgumentException(
                $"A cause has at most {CauseLengthMax} characters and no control characters.", argument);
        }
    }
}
