using Holdfast.Contracts;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Events;

/// <summary>
/// What agents told of processes on their own nodes that ended unannounced. A node that falls silent right after its
/// agent saw a process of it die is no node that is cut off and comes back with what it held: its fence, though for
/// silence, is one for the death of a process. A report that was lost, or heard by another instance only, costs the
/// grace, and none is ever a reason to promote.
/// </summary>
internal sealed class DeathReports
{
    private const int NodesMax = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(NodeId Node, ulong Generation), DateTime> _newest = [];

    public void Hear(WorkloadDown down)
    {
        if (!NodeId.IsLegal(down.NodeId)) return;
        lock (_gate)
        {
            if (_newest.Count >= NodesMax) _newest.Clear();
            var key = (new NodeId(down.NodeId), down.Generation);
            if (!_newest.TryGetValue(key, out var known) || known < down.ExitedAt) _newest[key] = down.ExitedAt;
        }
    }

    /// <summary>
    /// Whether a process of this boot of the node died within <paramref name="before"/> of its fence. One that ended
    /// longer ago may have been started again since.
    /// </summary>
    public bool Confirm(NodeId node, ulong generation, DateTime fencedAt, TimeSpan before)
    {
        lock (_gate)
        {
            return _newest.TryGetValue((node, generation), out var at) && at <= fencedAt && fencedAt - at <= before;
        }
    }
}
