using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// Which clusters inherit. Everybody who reads the same log picks the same ones: the best by rendezvous hash among the
/// clusters that were alive when the last fence was committed, are not unreachable themselves by now, and have a
/// Failover that holds its election; after them those that are alive now. A grain type that may live in certain
/// clusters only goes to the best of these. A short disagreement (two read different indexes) makes two promoters, and
/// the directory lets each record move once.
/// </summary>
public sealed class Takeover
{
    private readonly ImmutableArray<ClusterId> _able;
    private readonly ImmutableArray<TypeRule> _rules;

    private Takeover(ImmutableArray<ClusterId> able, ImmutableArray<TypeRule> rules) => (_able, _rules) = (able, rules);

    /// <summary>Who inherits what no rule is about; null when nobody can.</summary>
    public ClusterId? Heir => _able.IsEmpty ? null : _able[0];

    /// <summary>The types that none of their clusters can take.</summary>
    public IEnumerable<string> Orphans => _rules.Where(rule => HeirOf(rule) is null).Select(rule => rule.Type);

    /// <summary>Who takes over from a failed cluster.</summary>
    /// <param name="failed">The cluster.</param>
    /// <param name="liveAtFence">The clusters that were live at its last fence.</param>
    /// <param name="world">What it is judged on.</param>
    /// <param name="unreachable">All clusters that are unreachable now.</param>
    public static Takeover From(
        ClusterId failed,
        ImmutableArray<ClusterId> liveAtFence,
        Observation world,
        ImmutableHashSet<ClusterId> unreachable)
    {
        bool IsAble(ClusterId cluster) =>
            cluster != failed && !unreachable.Contains(cluster) && world.Holders.Contains(cluster);

        IEnumerable<ClusterId> InOrder(IEnumerable<ClusterId> clusters) =>
            RendezvousHash.Order(failed.Value, clusters.Where(IsAble).Distinct(), cluster => cluster.Value);

        // Who is alive now is as good where all that were alive at the fence are gone too.
        var now = world.Nodes.Where(node => node.Live).Select(node => node.Cluster);
        return new Takeover([.. InOrder(liveAtFence).Concat(InOrder(now)).Distinct()], world.GrainTypes);
    }

    /// <summary>Who inherits the grains of a type; null when none of its clusters can.</summary>
    public ClusterId? HeirOf(TypeRule rule)
    {
        foreach (var cluster in _able)
        {
            if (rule.Allowed.Contains(cluster)) return cluster;
        }

        return null;
    }

    /// <summary>What a cluster inherits.</summary>
    public TypePart PartOf(ClusterId cluster) => Heir == cluster
        ? TypePart.Of(isOnly: false, _rules.Where(rule => HeirOf(rule) != cluster))
        : TypePart.Of(isOnly: true, _rules.Where(rule => HeirOf(rule) == cluster));
}
