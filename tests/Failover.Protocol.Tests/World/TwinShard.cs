using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol.Tests.World;

/// <summary>A record of the twin: who owns it, and under which token.</summary>
/// <param name="Owner">The cluster.</param>
/// <param name="Token">The token of its epoch.</param>
/// <param name="Type">Its grain type.</param>
/// <param name="IsLeased">Whether it is leased to a session that has not ended.</param>
/// <param name="IsUnreadable">Whether somebody wrote something else in its place.</param>
internal sealed record TwinGrain(
    ClusterId Owner, Token Token, string Type = "cart", bool IsLeased = false, bool IsUnreadable = false);

/// <summary>
/// A naive twin of one shard of the directory: the rules of install and promote, without epochs, holders or outbox.
/// </summary>
internal sealed class TwinShard(int number)
{
    public const int BatchMax = ShardCall.Promote.GrainsAtOnce;

    private readonly Dictionary<ElectionName, Token> _grants = [];
    private readonly List<(Instant At, long Grains)> _promoted = [];

    public int Number => number;

    public List<TwinGrain> Grains { get; } = [];

    public bool IsOpen { get; set; } = true;

    /// <summary>Calls fail, and are not carried out.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Counts fail, and nothing else does.</summary>
    public bool RefusesCounts { get; set; }

    /// <summary>Calls wait until this is over, and are carried out then.</summary>
    public bool IsHeld { get; set; }

    /// <summary>The same for promotions only.</summary>
    public bool HoldsPromotions { get; set; }

    public bool Holds(ShardCall call) => IsHeld || (HoldsPromotions && call is ShardCall.Promote);

    public Token GrantOf(ElectionName election) => _grants.GetValueOrDefault(election);

    public CallResult Carry(ShardCall call, ElectionName election, Instant now) => (call, IsSilent, IsOpen) switch
    {
        (_, true, _) => new CallResult.Failed("no answer"),
        (ShardCall.Count, _, _) when RefusesCounts => new CallResult.Failed("no right to count"),
        (ShardCall.Open, _, _) => Open(),
        (_, _, false) => new CallResult.Failed("shardLost"),
        (ShardCall.InstallGrant install, _, _) => Install(install, election),
        (ShardCall.Promote promote, _, _) => Promote(promote, election, now),
        (ShardCall.Count count, _, _) => new CallResult.Counted(
            [.. count.Clusters.Select(cluster => Grains.LongCount(grain => grain.Owner == cluster))],
            [
                .. Grains.Select(grain => grain.Owner).Where(owner => !count.Clusters.Contains(owner)).Distinct()
                    .Select(owner => (owner, Grains.LongCount(grain => grain.Owner == owner))),
            ])
        {
            Promoted = [.. _promoted.Select(one => new PastPromotion(now - one.At, one.Grains))],
        },
        _ => throw new InvariantViolatedException(call.ToString()),
    };

    /// <summary>Says that so many were promoted there, which somebody wrote by hand.</summary>
    public void Claim(long grains, Instant now) => _promoted.Add((now, grains));

    /// <summary>The sessions that hold leased grains have ended in the log.</summary>
    public void EndLeases()
    {
        for (var i = 0; i < Grains.Count; i++) Grains[i] = Grains[i] with { IsLeased = false };
    }

    /// <summary>A holder that no machine here plays has this grant here, after as many tries as it took.</summary>
    public void Grant(Token token, ElectionName election) =>
        Install(new ShardCall.InstallGrant(number, token), election);

    private CallResult.Done Open()
    {
        IsOpen = true;
        return new CallResult.Done();
    }

    private CallResult Install(ShardCall.InstallGrant call, ElectionName election)
    {
        if (call.Token < GrantOf(election)) return new CallResult.Refused(GrantOf(election));
        _grants[election] = call.Token;
        return new CallResult.Done();
    }

    private CallResult Promote(ShardCall.Promote call, ElectionName election, Instant now)
    {
        if (GrantOf(election) != call.Token) return new CallResult.Refused(GrantOf(election));
        var to = new ClusterId(election.Scope);
        var max = Math.Min(call.GrainsMax ?? BatchMax, BatchMax);
        int promoted = 0, newer = 0, leased = 0, skipped = 0, malformed = 0;
        for (var i = 0; i < Grains.Count && promoted < max; i++)
        {
            var grain = Grains[i];
            if (grain.Owner != call.From) continue;
            if (grain.IsUnreadable) malformed++;
            else if (call.Part.Types.Contains(grain.Type) != call.Part.IsOnly) skipped++;
            else if (grain.Token >= call.Token) newer++;
            else if (grain.IsLeased) leased++;
            else
            {
                Grains[i] = grain with { Owner = to, Token = call.Token };
                promoted++;
            }
        }

        if (call.KeptFor is not null && promoted > 0) _promoted.Add((now, promoted));

        // A pass is over with the page that met no more than it could move; until then the next one scans it again.
        var remaining = Grains.Count(grain => grain.Owner == call.From);
        var next = promoted == max ? call.Cursor ?? "0" : null;
        return new CallResult.Batch(promoted, newer, leased, remaining, next, skipped) { Malformed = malformed };
    }
}
