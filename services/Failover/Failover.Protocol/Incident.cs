using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// A cluster that is unreachable, and the fences that say so. Fences are facts of the Raft log: everybody who reads it
/// comes to the same incident, and a restarted Failover to the same instants, since the log keeps when each fence was
/// proposed.
/// </summary>
public sealed record Incident
{
    /// <summary>The failed cluster.</summary>
    public required ClusterId Cluster { get; init; }

    /// <summary>Its fenced nodes, by name; empty where it rests on an operator's order alone.</summary>
    public required ImmutableArray<NodeFacts> Fenced { get; init; }

    /// <summary>The fence that came last: it completed the verdict and decides who takes over.</summary>
    public required Fence Decisive { get; init; }

    /// <summary>When the last fence was proposed.</summary>
    public required Instant Since { get; init; }

    /// <summary>When the grace of every fence is over.</summary>
    public required Instant DueAt { get; init; }

    /// <summary>How much of the grace lies after the last fence.</summary>
    public TimeSpan Grace => DueAt - Since;

    /// <summary>
    /// The incident of a cluster; null while a node of it is live, or too few are fenced at their newest generation.
    /// </summary>
    public static Incident? Judge(ClusterId cluster, IEnumerable<NodeFacts> nodes, FailoverOptions options)
    {
        NodeFacts[] known = [.. nodes.Where(node => node.Cluster == cluster)];
        NodeFacts[] fenced = [.. known.Where(node => node.IsFenced).OrderBy(node => node.Node)];
        if (fenced.Length == 0 || known.Any(node => node.Live)) return null;
        if (fenced.Length < options.FencedShare * known.Length) return null;

        return new Incident
        {
            Cluster = cluster,
            Fenced = [.. fenced],
            Decisive = fenced.Select(node => node.Fence!).MaxBy(fence => fence.Token)!,
            Since = fenced.Max(node => node.Fence!.At),
            DueAt = fenced.Max(node => node.Fence!.At + GraceOf(node.Fence!.Cause, options)),
        };
    }

    /// <summary>
    /// The incident of a cluster that nobody is known of: an operator's order stands where a fence stands elsewhere.
    /// Null where a session lived in it since, or the order is old: then it is not about what the cluster owns now.
    /// </summary>
    public static Incident? Of(ForceOrder order, Observation world)
    {
        if (!world.IsDeserted(order.From) || world.AskedAt - order.At > ForceOrder.AgeMax) return null;
        if (world.NewestSessions.GetValueOrDefault(order.From) > order.Token) return null;
        return new Incident
        {
            Cluster = order.From,
            Fenced = [],
            Decisive = new Fence(
                default, order.Token, FenceCause.Operator, order.At, LiveClusters: [], TraceParent: null),
            Since = order.At,
            DueAt = order.At,
        };
    }

    /// <summary>
    /// Whether a node has lived since <paramref name="earlier"/>: it was fenced again, at a newer generation, or for
    /// the first time. Then it is another failure, with a grace of its own, though nobody was seen alive in between.
    /// </summary>
    public bool FollowsNewLife(Incident earlier) =>
        Fenced.Any(node => !earlier.Fenced.Any(before =>
            before.Node == node.Node && before.Fence!.Generation == node.Fence!.Generation));

    /// <summary>Whether it rests on the same fences, for the same causes.</summary>
    public bool HasFencesOf(Incident other) =>
        Decisive.Token == other.Decisive.Token &&
        Fenced.Select(node => node.Fence!.Cause).SequenceEqual(other.Fenced.Select(node => node.Fence!.Cause));

    // Whoever says goodbye, is seen dead by its own host or is fenced by hand does not come back by waiting.
    private static TimeSpan GraceOf(FenceCause cause, FailoverOptions options) =>
        cause == FenceCause.Silence ? options.Grace : TimeSpan.Zero;
}
