using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>
/// What all implementations share: arguments are checked, calls on many grains are split into calls that one script
/// can do (one shard, at most <see cref="DirectoryLimits.GrainsPerCallMax"/> grains) and their answers come back in
/// the order asked, and every call is traced and counted. The parts of a split call are carried out each on its own:
/// where one throws, others may have been done.
/// </summary>
public abstract partial class ShardedGrainDirectory : IGrainDirectory
{
    private readonly CallTrace _trace;

    private protected ShardedGrainDirectory(int shards, CallTrace trace)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, DirectoryLimits.ShardsMax);
        Shards = shards;
        _trace = trace;
    }

    public int Shards { get; }

    /// <inheritdoc/>
    public virtual IReadOnlyList<ForgottenMemory> Forgotten => [];

    /// <inheritdoc/>
    public virtual void FoundAgain(ForgottenMemory memory)
    {
    }

    public Task<ShardAnswer> OpenShardAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel)
    {
        DirectoryArguments.DemandShard(shard, Shards);
        DirectoryArguments.DemandElection(election);
        DirectoryArguments.DemandToken(token);
        return _trace.RunAsync(
            "open", shard, () => OpenAsync(shard, election, token, floor, cancel), answer => answer.Status);
    }

    public Task<ShardAnswer> ShardAsync(int shard, CancellationToken cancel)
    {
        DirectoryArguments.DemandShard(shard, Shards);
        return _trace.RunAsync("shard", shard, () => DescribeAsync(shard, cancel), answer => answer.Status);
    }

    public Task<IReadOnlyList<GrainAnswer>> LookupAsync(IReadOnlyList<GrainId> grains, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return SplitAsync("lookup", grains, grain => grain, (shard, part) => LookupPartAsync(shard, part, cancel));
    }

    public Task<IReadOnlyList<GrainAnswer>> ClaimAsync(
        IReadOnlyList<GrainClaim> grains, ClusterId cluster, SessionId session, Token token, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(grains);
        DirectoryArguments.DemandCluster(cluster);
        DirectoryArguments.DemandSession(session);
        DirectoryArguments.DemandToken(token);
        return SplitAsync(
            "claim",
            grains,
            claim => claim.Grain,
            (shard, part) => ClaimPartAsync(shard, part, cluster, session, token, cancel));
    }

    public Task<GrainAnswer> RegisterAsync(GrainId grain, ClusterId cluster, ulong number, CancellationToken cancel)
    {
        DirectoryArguments.DemandGrain(grain);
        DirectoryArguments.DemandCluster(cluster);
        DirectoryArguments.DemandNumber(number);
        var shard = ShardOf(grain);
        return _trace.RunAsync(
            "register",
            shard,
            () => RegisterOneAsync(shard, grain, cluster, number, cancel),
            answer => answer.Status);
    }

    public Task<IReadOnlyList<GrainAnswer>> ReleaseAsync(
        IReadOnlyList<HeldGrain> grains, SessionId session, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(grains);
        DirectoryArguments.DemandSession(session);
        return SplitAsync(
            "release", grains, held => held.Grain, (shard, part) => ReleasePartAsync(shard, part, session, cancel));
    }

    public Task<GrainPage> ListByOwnerAsync(int shard, ClusterId cluster, string? cursor, CancellationToken cancel)
    {
        DirectoryArguments.DemandShard(shard, Shards);
        DirectoryArguments.DemandCluster(cluster);
        return _trace.RunAsync("list", shard, () => ListAsync(shard, cluster, cursor, cancel), page => page.Status);
    }

    public Task<ShardAnswer> InstallGrantAsync(
        int shard, ElectionName election, Token token, CancellationToken cancel)
    {
        DirectoryArguments.DemandShard(shard, Shards);
        DirectoryArguments.DemandElection(election);
        DirectoryArguments.DemandToken(token);
        return _trace.RunAsync(
            "install-grant", shard, () => InstallAsync(shard, election, token, cancel), answer => answer.Status);
    }

    public Task<PromoteAnswer> PromoteAsync(PromoteCall call, CancellationToken cancel)
    {
        DirectoryArguments.DemandPromotion(call, Shards);
        return _trace.RunAsync(
            "promote", call.Shard, () => PromotePartAsync(call, cancel), answer => answer.Status);
    }

    public Task<PutSlotsAnswer> PutSlotsAsync(PutSlotsCall call, CancellationToken cancel)
    {
        SlotArguments.DemandPut(call);
        var shard = ShardOf(call.Group.Grain);
        return _trace.RunAsync(
            "put-slots", shard, () => PutSlotsPartAsync(shard, call, cancel), answer => answer.Status);
    }

    public Task<SlotPage> SlotsAsync(GroupId group, int first, CancellationToken cancel)
    {
        DirectoryArguments.DemandGroup(group);
        DirectoryArguments.DemandSlot(first);
        var shard = ShardOf(group.Grain);
        return _trace.RunAsync(
            "slots", shard, () => SlotsPartAsync(shard, group, first, cancel), page => page.Status);
    }

    public Task<OutboxPage> ReadOutboxAsync(int shard, ulong after, int entriesMax, CancellationToken cancel)
    {
        DirectoryArguments.DemandShard(shard, Shards);
        DirectoryArguments.DemandEntries(entriesMax);
        return _trace.RunQuietlyAsync(
            "read-outbox", () => ReadAsync(shard, after, entriesMax, cancel), page => page.Status);
    }

    public Task<ShardAnswer> TrimOutboxAsync(
        int shard, ElectionName election, Token token, ulong upTo, CancellationToken cancel)
    {
        DirectoryArguments.DemandShard(shard, Shards);
        DirectoryArguments.DemandElection(election);
        DirectoryArguments.DemandToken(token);
        return _trace.RunAsync(
            "trim-outbox", shard, () => TrimAsync(shard, election, token, upTo, cancel), answer => answer.Status);
    }

    public Task<HistoryAnswer> HistoryAsync(GrainId grain, int entriesMax, CancellationToken cancel)
    {
        DirectoryArguments.DemandGrain(grain);
        DirectoryArguments.DemandEntries(entriesMax);
        var shard = ShardOf(grain);
        return _trace.RunAsync(
            "history", shard, () => HistoryOfAsync(shard, grain, entriesMax, cancel), answer => answer.Status);
    }

    /// <summary>
    /// What the store wants to keep a directory, and to let these duties be done, for an operator; null where nothing
    /// is in the way.
    /// </summary>
    internal virtual Task<string?> UnfitAsync(IReadOnlyList<DirectoryDuty> duties, CancellationToken cancel) =>
        Task.FromResult<string?>(null);

    /// <summary>By which part of the directory calls are split.</summary>
    private protected virtual int ShardOf(GrainId grain) => GrainShard.Of(grain, Shards);

    private protected abstract Task<ShardAnswer> OpenAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel);

    private protected abstract Task<ShardAnswer> DescribeAsync(int shard, CancellationToken cancel);

    private protected abstract Task<IReadOnlyList<GrainAnswer>> LookupPartAsync(
        int shard, IReadOnlyList<GrainId> grains, CancellationToken cancel);

    private protected abstract Task<IReadOnlyList<GrainAnswer>> ClaimPartAsync(
        int shard,
        IReadOnlyList<GrainClaim> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel);

    private protected abstract Task<GrainAnswer> RegisterOneAsync(
        int shard, GrainId grain, ClusterId cluster, ulong number, CancellationToken cancel);

    private protected abstract Task<IReadOnlyList<GrainAnswer>> ReleasePartAsync(
        int shard, IReadOnlyList<HeldGrain> grains, SessionId session, CancellationToken cancel);

    private protected abstract Task<GrainPage> ListAsync(
        int shard, ClusterId cluster, string? cursor, CancellationToken cancel);

    private protected abstract Task<ShardAnswer> InstallAsync(
        int shard, ElectionName election, Token token, CancellationToken cancel);

    private protected abstract Task<PromoteAnswer> PromotePartAsync(PromoteCall call, CancellationToken cancel);

    private protected abstract Task<PutSlotsAnswer> PutSlotsPartAsync(
        int shard, PutSlotsCall call, CancellationToken cancel);

    private protected abstract Task<SlotPage> SlotsPartAsync(
        int shard, GroupId group, int first, CancellationToken cancel);

    private protected abstract Task<OutboxPage> ReadAsync(
        int shard, ulong after, int entriesMax, CancellationToken cancel);

    private protected abstract Task<ShardAnswer> TrimAsync(
        int shard, ElectionName election, Token token, ulong upTo, CancellationToken cancel);

    private protected abstract Task<HistoryAnswer> HistoryOfAsync(
        int shard, GrainId grain, int entriesMax, CancellationToken cancel);

    private Task<IReadOnlyList<GrainAnswer>> SplitAsync<T>(
        string operation,
        IReadOnlyList<T> items,
        Func<T, GrainId> grainOf,
        Func<int, IReadOnlyList<T>, Task<IReadOnlyList<GrainAnswer>>> part)
    {
        foreach (var item in items) DirectoryArguments.DemandGrain(grainOf(item));
        return _trace.RunAsync(operation, null, RunPartsAsync, CallTrace.Common);

        async Task<IReadOnlyList<GrainAnswer>> RunPartsAsync()
        {
            var answers = new GrainAnswer[items.Count];
            var parts = Enumerable.Range(0, items.Count)
                .GroupBy(index => ShardOf(grainOf(items[index])))
                .SelectMany(shard => shard.Chunk(DirectoryLimits.GrainsPerCallMax).Select(RunPartAsync));
            await Task.WhenAll(parts);
            return answers;

            async Task RunPartAsync(int[] indexes)
            {
                var shard = ShardOf(grainOf(items[indexes[0]]));
                var answered = await part(shard, [.. indexes.Select(index => items[index])]);
                Invariant.Holds(answered.Count == indexes.Length);
                for (var i = 0; i < indexes.Length; i++) answers[indexes[i]] = answered[i];
            }
        }
    }
}
