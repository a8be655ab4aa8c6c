using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>
/// Who observes whom: everybody who knows the same members picks the same observers, and a member that comes or goes
/// moves few of them. At most half (rounded up) come from the peer's own cluster where there are others: when a whole
/// cluster dies or is cut off, somebody outside sees it.
/// </summary>
public static class ObserverSelection
{
    /// <summary>The observers of <paramref name="subject"/> among <paramref name="members"/>, the best first.</summary>
    public static IReadOnlyList<NodeId> Of(
        NodeId subject, ClusterId cluster, IEnumerable<(NodeId Node, ClusterId Cluster)> members, int wanted)
    {
        var ordered = RendezvousHash.Order(
            $"observers/{subject}", members.Where(member => member.Node != subject), member => member.Node.Value);
        var count = Math.Min(wanted, ordered.Count);
        var hasOthers = ordered.Any(member => member.Cluster != cluster);
        var ownMax = hasOthers ? (count + 1) / 2 : count;
        var observers = new List<NodeId>(count);
        var own = 0;
        foreach (var member in ordered)
        {
            if (observers.Count == count) break;
            if (member.Cluster == cluster && ++own > ownMax) continue;
            observers.Add(member.Node);
        }

        return observers;
    }
}
