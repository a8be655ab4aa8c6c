using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>Why a slot does not run where its record says, for sure.</summary>
/// <param name="Reason">A word, or the host's own.</param>
/// <param name="TraceParent">The trace that it belongs to, where it has one.</param>
internal sealed record Loss(string Reason, string? TraceParent);

/// <summary>
/// What is known for sure of a slot's host. A silence is not among it, nor is the end of its session: a host that is
/// cut off from Consensus does not hear of that. As long as the node is not fenced and its host has not said
/// otherwise, the copy may run.
/// </summary>
internal sealed class Certainty(Observation world, HostBook hosts)
{
    /// <summary>Whether it is certain that the copy at the slot's node does not run any more.</summary>
    /// <param name="group">The group.</param>
    /// <param name="watch">The slot; its record names a node.</param>
    public Loss? Of(GroupId group, SlotWatch watch)
    {
        var slot = watch.Record!;
        var node = slot.Node!.Value;
        return ByFence(node, slot) ?? ByReport(node, new SlotId(group, slot.Index), watch);
    }

    /// <summary>What a host says of a slot under its present epoch, where it is the host's to say.</summary>
    public HostedSlot? Heard(GroupId group, Slot slot) =>
        slot.Node is { } node && hosts.Of(node) is { } host &&
        host.Report.Slots.TryGetValue(new SlotId(group, slot.Index), out var hosted) && hosted.Epoch == slot.Epoch
            ? hosted
            : null;

    /// <summary>
    /// The fence that cost a slot the node before this one, where it was a fence: one that is newer than the epoch, or
    /// where the slot has its next place by now, one that its node is not back from.
    /// </summary>
    public Loss? Former(Slot slot) =>
        slot.Previous is { } node && FenceOf(node) is { } fence &&
        (fence.Token > slot.Epoch.Token || world.Nodes[node].IsFenced)
            ? new Loss("fenced", TraceOf(node, fence))
            : null;

    private Loss? ByFence(NodeId node, Slot slot)
    {
        if (FenceOf(node) is not { } fence) return null;

        // A node that is back by now was fenced after the slot was placed, for nothing is placed under a token below
        // the fence of its node. A later boot that was there before the fence of an earlier one may have the slot.
        var facts = world.Nodes[node];
        var isLost = facts.IsFenced
            || (facts.IsBack && fence.Token > slot.Epoch.Token && !world.HasSession(node, before: fence.Token));
        return isLost ? new Loss("fenced", TraceOf(node, fence)) : null;
    }

    // Where a whole cluster died, its groups go on because they were promoted, and the promotion follows the fence that
    // completed the verdict over the cluster, its newest one. Elsewhere a slot follows the fence of its own node.
    private string? TraceOf(NodeId node, Fence fence)
    {
        var cluster = world.Nodes[node].Cluster;
        var peers = world.Nodes.Values.Where(facts => facts.Cluster == cluster).ToList();
        return peers.TrueForAll(facts => facts.IsFenced)
            ? peers.MaxBy(facts => facts.Fence!.Token)!.Fence!.TraceParent
            : fence.TraceParent;
    }

    private Fence? FenceOf(NodeId node) => world.Nodes.TryGetValue(node, out var facts) ? facts.Fence : null;

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
