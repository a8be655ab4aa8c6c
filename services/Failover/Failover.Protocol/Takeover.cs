using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// Which cluster inherits. Everybody who reads the same log picks the same one: the best by rendezvous hash among the
/// clusters that were alive when the last fence was committed, are not unreachable themselves by now, and have a
/// Failover that holds its election. A short disagreement (two read different indexes) makes two promoters, and the
/// directory lets each record move once.
/// </summary>
public static class Takeover
{
    /// <summary>The heir of a failed cluster; null when there is none.</summary>
    /// <param name="incident">The failure.</param>
    /// <param name="world">What it is judged on.</param>
    /// <param name="unreachable">All clusters that are unreachable now.</param>
    public static ClusterId? Heir(
        Incident incident, Observation world, ImmutableHashSet<ClusterId> unreachable)
    {
        bool IsAble(ClusterId cluster) =>
            cluster != incident.Cluster && !unreachable.Contains(cluster) && world.Holders.Contains(cluster);

        var able = incident.Decisive.LiveClusters.Where(IsAble).ToArray();

        // All that were alive at the fence are gone too: whoever is alive now is as good.
        if (able.Length == 0)
            able = [.. world.Nodes.Where(node => node.Live).Select(node => node.Cluster).Distinct().Where(IsAble)];

        return able.Length == 0
            ? null
            : RendezvousHash.Order(incident.Cluster.Value, able, cluster => cluster.Value)[0];
    }
}
