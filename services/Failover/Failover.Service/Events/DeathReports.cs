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
    private const int DeathsMax = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<(NodeId Node, ulong Generation), Boot> _boots = [];

    public void Hear(WorkloadDown down)
    {
        if (!NodeId.IsLegal(down.NodeId)) return;
        lock (_gate)
        {
            var key = (new NodeId(down.NodeId), down.Generation);
            if (!_boots.TryGetValue(key, out var boot))
            {
                if (_boots.Count >= NodesMax) _boots.Clear();
                _boots[key] = boot = new Boot();
            }

            // What ends on a fenced node may have been ended for the fence, and says nothing of why it fell silent.
            if (boot.FencedAt is { } fencedAt && down.ExitedAt > fencedAt) return;
            boot.Deaths.Add(down.ExitedAt);
            if (boot.Deaths.Count > DeathsMax) boot.Deaths.Remove(boot.Deaths.Min);
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
            if (!_boots.TryGetValue((node, generation), out var boot)) return false;
            boot.FencedAt = fencedAt;
            boot.Deaths.RemoveWhere(at => at > fencedAt);
            return boot.Deaths.Count > 0 && fencedAt - boot.Deaths.Max <= before;
        }
    }

    /// <summary>The newest deaths of one boot of a node; none after its fence, once that is known.</summary>
    private sealed class Boot
    {
        public SortedSet<DateTime> Deaths { get; } = [];

        public DateTime? FencedAt { get; set; }
    }
}
