using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// Where slots go: to hosts that were heard of lately, on nodes that live under the generation the host speaks of and
/// are neither fenced nor cordoned, with room. Among them where the fewest of the same group are, then not where it
/// failed last, then where the load is least. Only a group's own limit forbids two of it on one node; without one they
/// spread as far as there are nodes, and no slot stays down for want of another node.
/// </summary>
internal sealed class Placement
{
    private readonly Dictionary<NodeId, Candidate> _candidates;

    public Placement(
        ClusterId self,
        RecoveryOptions options,
        HostBook hosts,
        IReadOnlyCollection<GroupLane> lanes,
        Moment moment)
    {
        _candidates = hosts.All
            .Where(host => moment.Now - host.At < options.HostTimeout && IsFit(self, moment, host))
            .ToDictionary(host => host.Report.Node, host => new Candidate(host.Report.Node, host.Report.Capacity));
        var open = lanes.Where(lane => lane.IsOpen).ToDictionary(lane => lane.Group);
        foreach (var lane in open.Values)
        {
            foreach (var watch in lane.Slots)
            {
                if (watch.Occupies is { } node) Occupy(node, lane.Group);
            }
        }

        // What a host still has of groups that live elsewhere takes room too, until it is stopped.
        foreach (var host in hosts.All)
        {
            foreach (var (slot, hosted) in host.Report.Slots)
            {
                if (hosted.IsActive && !open.ContainsKey(slot.Group)) Occupy(host.Report.Node, slot.Group);
            }
        }
    }

    public IEnumerable<NodeId> Candidates => _candidates.Keys;

    /// <summary>The node for a slot, from now on counted as taken; null when there is none.</summary>
    public NodeId? Choose(GroupId group, GroupDefinition definition, SlotWatch watch)
    {
        var best = _candidates.Values
            .Where(candidate => candidate.Used < candidate.Capacity)
            .Where(candidate => definition.PerNodeMax is not { } most || candidate.Of(group) < most)
            .OrderBy(candidate => candidate.Of(group))
            .ThenBy(candidate => watch.Record?.Previous == candidate.Node)
            .ThenBy(candidate => (double)candidate.Used / candidate.Capacity)
            .ThenBy(candidate => RendezvousHash.Weight($"slot/{group}/{watch.Index}", candidate.Node.Value))
            .FirstOrDefault();
        if (best is null) return null;
        best.Take(group);
        return best.Node;
    }

    private static bool IsFit(ClusterId self, Moment moment, Host host)
    {
        var world = moment.World;
        var report = host.Report;
        return world.Nodes.TryGetValue(report.Node, out var facts)
            && facts is { IsLive: true } && facts.Generation == report.Generation && facts.Cluster == self
            && !world.Cordoned.Contains(report.Node)
            && world.FenceOf(report.Node) <= moment.Token
            && !world.IsOver(report.Session)
            && host.IsAlone(world);
    }

    private void Occupy(NodeId node, GroupId group)
    {
        if (_candidates.TryGetValue(node, out var candidate)) candidate.Take(group);
    }

    private sealed class Candidate(NodeId node, int capacity)
    {
        private readonly Dictionary<GroupId, int> _groups = [];

        public NodeId Node { get; } = node;

        public int Capacity { get; } = capacity;

        public int Used { get; private set; }

        public int Of(GroupId group) => _groups.GetValueOrDefault(group);

        public void Take(GroupId group)
        {
            Used++;
            _groups[group] = Of(group) + 1;
        }
    }
}

/// <summary>When places are chosen: by what is known, under the token held.</summary>
/// <param name="World">The newest observation.</param>
/// <param name="Token">Nothing is placed on a node whose last fence is above it.</param>
/// <param name="Now">Now.</param>
internal sealed record Moment(Observation World, Token Token, Instant Now);
