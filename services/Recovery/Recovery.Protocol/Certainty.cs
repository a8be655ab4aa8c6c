using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>Why a slot does not run where its record says, for sure.</summary>
/// <param name="Reason">A word, or the host's own.</param>
/// <param name="TraceParent">The trace that it belongs to, where it has one.</param>
internal sealed record Loss(string Reason, string? TraceParent);

/// <summary>
/// What is known for sure of a slot's host. A silence is not among it: as long as the node is not fenced and its host's
/// session has its rights, the copy may run, whatever Recovery hears or does not hear.
/// </summary>
internal sealed class Certainty(ClusterId self, Token tenure, Observation world, HostBook hosts)
{
    /// <summary>Whether it is certain that the copy at the slot's node does not run any more.</summary>
    /// <param name="group">The group.</param>
    /// <param name="watch">The slot; its record names a node.</param>
    public Loss? Of(GroupId group, SlotWatch watch)
    {
        var slot = watch.Record!;
        var node = slot.Node!.Value;
        return ByFence(node, slot) ?? BySession(node) ?? ByReport(node, new SlotId(group, slot.Index), watch);
    }

    /// <summary>What a host says of a slot under its present epoch, where it is the host's to say.</summary>
    public HostedSlot? Heard(GroupId group, Slot slot) =>
        slot.Node is { } node && hosts.Of(node) is { } host &&
        host.Report.Slots.TryGetValue(new SlotId(group, slot.Index), out var hosted) && hosted.Epoch == slot.Epoch
            ? hosted
            : null;

    /// <summary>The fence that cost a slot the node before this one, where it was a fence.</summary>
    public Loss? Former(Slot slot) =>
        slot.Previous is { } node && FenceOf(node) is { } fence && fence.Token > slot.Epoch.Token
            ? new Loss("fenced", fence.TraceParent)
            : null;

    private Loss? ByFence(NodeId node, Slot slot)
    {
        if (FenceOf(node) is not { } fence) return null;

        // Hosts of another cluster do not report here. One that was fenced after the slot was placed has lost the
        // session under which it ran the slot, also when it is back by now.
        var facts = world.Nodes[node];
        var isFenced = facts.IsFenced || (facts.Cluster != self && fence.Token > slot.Epoch.Token);
        return isFenced ? new Loss("fenced", fence.TraceParent) : null;
    }

    private Fence? FenceOf(NodeId node) => world.Nodes.TryGetValue(node, out var facts) ? facts.Fence : null;

    private Loss? BySession(NodeId node)
    {
        var isOver = hosts.Of(node) is { } host
            ? world.IsOver(host.Report.Session) && host.IsAlone(world)
            : IsWithoutHost(node);
        return isOver ? new Loss("hostLost", null) : null;
    }

    // A host of which nothing was heard in this tenure got its orders from an earlier holder, under a session that was
    // opened before this tenure and that names the node.
    private bool IsWithoutHost(NodeId node) => world.Horizon >= tenure && !world.IsInhabited(node);

    // Only what is said after the record became what it is speaks of it; and only a host that is alone on its node.
    private Loss? ByReport(NodeId node, SlotId id, SlotWatch watch)
    {
        if (hosts.Of(node) is not { } host || !host.IsAlone(world)) return null;
        var slot = watch.Record!;
        var isListed = host.Report.Slots.TryGetValue(id, out var hosted);
        if (isListed && hosted!.IsActive) return null;
        if (isListed && hosted!.Epoch == slot.Epoch)
            return new Loss(hosted.Stage == HostedStage.Failed ? hosted.Detail ?? "failed" : "stopped", null);

        // A placed slot that its host does not have yet is about to be ordered, not lost.
        return host.Step > watch.ChangedStep && slot.State != SlotState.Placed ? new Loss("notRunning", null) : null;
    }
}
