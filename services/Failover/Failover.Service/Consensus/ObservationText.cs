using System.Collections.Immutable;
using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>
/// From the words of the wire to the machine's. The wire has times of day, the machine has instants of its own clock:
/// a fence is so old now, so it was then. A clock that lags behind the leader's takes a fence for one of this moment,
/// which waits longer, never shorter.
/// </summary>
internal static class ObservationText
{
    /// <param name="snapshot">What a voter said.</param>
    /// <param name="askedAt">When it was asked.</param>
    /// <param name="now">The same moment by the machine's clock,</param>
    /// <param name="utcNow">and by the time of day.</param>
    /// <param name="isDeath">Whether a process is known to have died on the node that was fenced for silence.</param>
    /// <exception cref="FormatException">An id or token breaks its rule.</exception>
    public static Observation Read(
        ConsensusSnapshot snapshot,
        Instant askedAt,
        Instant now,
        DateTime utcNow,
        Func<NodeAnswer, FenceAnswer, bool> isDeath)
    {
        var paused = snapshot.Definitions.Where(PauseText.IsPause).Where(PauseText.IsOn).ToArray();
        return new Observation
        {
            AppliedIndex = snapshot.AppliedIndex,
            ConsensusGeneration = SnapshotFeed.HorizonOf(snapshot).ConsensusGeneration,
            AskedAt = askedAt,
            Nodes = [.. snapshot.Nodes.Select(node => NodeOf(node, now, utcNow, isDeath))],
            Inhabited =
            [
                .. snapshot.Sessions.Where(session => session.State != "ended")
                    .Select(session => new ClusterId(session.Cluster)),
            ],
            NewestSessions = snapshot.Sessions
                .GroupBy(session => new ClusterId(session.Cluster), session => Token.Parse(session.Token))
                .ToImmutableDictionary(sessions => sessions.Key, sessions => sessions.Max()),
            Holders = [.. snapshot.Elections.Select(HolderOf).OfType<ClusterId>()],
            LowestGrant = snapshot.Elections.Where(election => HolderOf(election) is not null)
                .Select(election => election.Token).OfType<string>().Select(Token.Parse).Cast<Token?>().Min(),
            LayoutProblem = snapshot.SafeLayout
                ? null
                : snapshot.LayoutProblem ?? "The voters do not span three failure domains, none with a majority.",
            Paused = [.. paused.Select(PauseText.ClusterOf).OfType<ClusterId>()],
            PausedEverywhere = paused.Any(pause => PauseText.ClusterOf(pause) is null),
            GrainTypes = [.. snapshot.Definitions.Select(TypeRuleText.Read).OfType<TypeRule>()],
            Forced =
            [
                .. snapshot.Definitions.Select(definition => ForceText.Read(definition, now, utcNow))
                    .OfType<ForceOrder>(),
            ],
            Floors = snapshot.DirectoryLosses.ToImmutableDictionary(
                loss => loss.Shard, loss => Token.Parse(loss.Floor)),
            Directory = snapshot.Definitions
                .Where(definition => definition.Key == DirectoryText.Key)
                .Select(DirectoryText.Read)
                .FirstOrDefault(),
        };
    }

    private static NodeFacts NodeOf(
        NodeAnswer node, Instant now, DateTime utcNow, Func<NodeAnswer, FenceAnswer, bool> isDeath) => new(
        new NodeId(node.Node),
        new ClusterId(node.Cluster),
        new Generation(node.Generation),
        node.Live,
        node.Fence is { Outcome: "fenced", Token: not null } fence
            ? FenceOf(fence, isDeath(node, fence), now, utcNow)
            : null);

    private static Fence FenceOf(FenceAnswer fence, bool isDeath, Instant now, DateTime utcNow)
    {
        var age = utcNow - (fence.FencedAt ?? utcNow);
        return new Fence(
            new Generation(fence.Generation),
            Token.Parse(fence.Token!),
            isDeath && CauseOf(fence.Cause) == FenceCause.Silence ? FenceCause.ProcessDeath : CauseOf(fence.Cause),
            now - (age > TimeSpan.Zero ? age : TimeSpan.Zero),
            [.. (fence.LiveClusters ?? []).Select(cluster => new ClusterId(cluster))],
            fence.TraceParent);
    }

    // A cause that this version does not know has the full grace.
    private static FenceCause CauseOf(string? cause) => cause switch
    {
        "processDeath" => FenceCause.ProcessDeath,
        "left" => FenceCause.Left,
        "operator" => FenceCause.Operator,
        _ => FenceCause.Silence,
    };

    private static ClusterId? HolderOf(ElectionAnswer election)
    {
        if (election.Holder is null || !ElectionName.IsLegal(election.Election)) return null;
        var name = new ElectionName(election.Election);
        return name.Kind == "failover" && ClusterId.IsLegal(name.Scope) ? new ClusterId(name.Scope) : null;
    }
}
