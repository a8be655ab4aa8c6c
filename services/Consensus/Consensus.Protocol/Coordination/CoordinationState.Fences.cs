using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

public sealed partial record CoordinationState
{
    /// <summary>Whether the node's agent has a live session of the newest generation.</summary>
    public bool IsLive(NodeRecord node) => Sessions.Values.Any(session =>
        session is { Agent: true, Standing: SessionStanding.Live, Residence: { } home } &&
        home.Node == node.Node && home.Generation == node.Generation);

    private AppliedEntry Fence(Entry entry, CoordinationCommand.FenceNode fence)
    {
        var known = Nodes.GetValueOrDefault(fence.Node);

        // A repeated or overtaken conviction: what it asks for holds already.
        if (known?.Fence is { } earlier && fence.Generation <= earlier.Generation)
            return new(this, new CoordinationAnswer.FenceState(earlier, New: false));
        if (known is not null && known.Cluster != fence.Cluster)
        {
            return Refuse(
                this,
                RefusalCode.NodeInOtherCluster,
                $"{fence.Node} is in cluster {known.Cluster}, not {fence.Cluster}.");
        }

        if (fence.Observers.Length > CoordinationLimits.EvidenceMax)
        {
            return Refuse(
                this, RefusalCode.TooMuchEvidence, $"At most {CoordinationLimits.EvidenceMax} observers are kept.");
        }

        if (WithNode(new Residence(fence.Node, fence.Generation), fence.Cluster) is not { } state)
            return Refuse(this, RefusalCode.TooManyNodes, $"There are {CoordinationLimits.NodesMax} nodes already.");
        state = state.Revoke(fence, entry.Stamp.TraceParent, out var revoked);
        var record = new FenceRecord
        {
            Node = fence.Node,
            Cluster = fence.Cluster,
            Generation = fence.Generation,
            Token = entry.Token,
            Term = entry.Term,
            Cause = fence.Cause,
            Reporter = fence.Reporter,
            SilentFor = fence.SilentFor,
            Observers = fence.Observers,
            FencedAtUnixMs = entry.Stamp.ProposedAtUnixMs,
            TraceParent = entry.Stamp.TraceParent,
            RevokedSessions = revoked,
            LiveClusters = state.LiveClusters(),
        };
        var node = state.Nodes[fence.Node] with { Fence = record };
        state = (state with { Nodes = state.Nodes.SetItem(node.Node, node) })
            .Announce(entry, new AnnouncedChange.NodeFenced(record));
        return new(state, new CoordinationAnswer.FenceState(record, New: true));
    }

    private CoordinationState Revoke(CoordinationCommand.FenceNode fence, string? trace, out int revoked)
    {
        var state = this;
        revoked = 0;
        foreach (var (id, session) in Sessions)
        {
            if (session is not { Standing: SessionStanding.Live, Residence: { } home }) continue;
            if (home.Node != fence.Node || home.Generation > fence.Generation) continue;

            // What it holds stays its own until it has ended; what it waits for it can never get.
            state = state.LeaveQueues(session);
            var current = state.Sessions[id] with { Standing = SessionStanding.Revoked, RevokedTraceParent = trace };
            state = state with { Sessions = state.Sessions.SetItem(id, current) };
            revoked++;
        }

        return state;
    }

    private ImmutableArray<ClusterId> LiveClusters() =>
    [
        .. Sessions.Values
            .Where(session => session.Standing == SessionStanding.Live)
            .Select(session => session.Cluster).Distinct().Order(),
    ];

    /// <summary>
    /// With the node at this generation, if it is newer. The node that was fenced longest ago, and on which nothing
    /// lives, makes room; its generation is not forgotten. Null where no node can go.
    /// </summary>
    private CoordinationState? WithNode(Residence home, ClusterId cluster)
    {
        if (Nodes.TryGetValue(home.Node, out var known))
        {
            if (home.Generation <= known.Generation) return this;
            var newer = known with { Generation = home.Generation, Cluster = cluster };
            return this with { Nodes = Nodes.SetItem(home.Node, newer) };
        }

        var state = Nodes.Count < CoordinationLimits.NodesMax ? this : WithoutOldestFence();
        var node = new NodeRecord { Node = home.Node, Cluster = cluster, Generation = home.Generation };
        return state is null ? null : state with { Nodes = state.Nodes.Add(home.Node, node) };
    }

    private CoordinationState? WithoutOldestFence()
    {
        var oldest = Nodes.Values
            .Where(node => node.Fence is { } fence && fence.Generation == node.Generation)
            .MinBy(node => node.Fence!.Token);
        return oldest is null
            ? null
            : this with
            {
                Nodes = Nodes.Remove(oldest.Node),
                ForgottenGeneration = oldest.Generation > ForgottenGeneration ? oldest.Generation : ForgottenGeneration,
            };
    }
}
