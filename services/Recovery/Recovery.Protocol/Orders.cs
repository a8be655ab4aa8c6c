using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// What a host shall do, from what is on record and what it has: start what was placed on it, stop what is not, or not
/// any more, its to run. Of what is not known yet nothing is said.
/// </summary>
internal static class Orders
{
    /// <param name="host">The host, with its report.</param>
    /// <param name="lanes">The groups.</param>
    /// <param name="token"> The token held. What is being written, or was not read since a write of which nothing was
    /// heard, may be on record already: nothing is started by what it was before. </param>
    /// <param name="world">The newest observation.</param>
    public static ImmutableArray<SlotOrder> For(
        Host host, IReadOnlyDictionary<GroupId, GroupLane> lanes, Token token, Observation world) =>
    [
        .. lanes.Values
            .Where(lane => lane.IsKnown(token) && host.IsAlone(world))
            .SelectMany(lane => Starts(host.Report, lane, world)),
        .. host.Report.Slots
            .Where(hosted => hosted.Value.IsActive)
            .Select(hosted => Stop(host.Report.Node, hosted.Key, hosted.Value, lanes, world))
            .OfType<SlotOrder>(),
        .. host.Report.Slots
            .Where(hosted => !hosted.Value.IsActive && IsAwaited(host.Report.Node, hosted.Key, hosted.Value, lanes))
            .Select(hosted => new SlotOrder(hosted.Key, KindOf(hosted.Key.Group, lanes), hosted.Value.Epoch, false)),
    ];

    // What has ended is told until an answer does not mention it. As long as that is not on record it is mentioned, so
    // that neither it nor its reason is forgotten meanwhile: as an order to stop what has stopped, which does nothing.
    private static bool IsAwaited(
        NodeId node, SlotId id, HostedSlot hosted, IReadOnlyDictionary<GroupId, GroupLane> lanes)
    {
        if (!lanes.TryGetValue(id.Group, out var lane) || lane.IsElsewhere) return false;
        if (!lane.IsOpen) return true;
        return lane.Of(id.Index)?.Record is { } slot && slot.Node == node && slot.Epoch == hosted.Epoch;
    }

    private static string KindOf(GroupId group, IReadOnlyDictionary<GroupId, GroupLane> lanes) =>
        lanes.TryGetValue(group, out var lane) ? lane.Definition.Kind : "replica";

    private static IEnumerable<SlotOrder> Starts(HostReport report, GroupLane lane, Observation world)
    {
        foreach (var watch in lane.Slots)
        {
            if (watch.Record is not { State: SlotState.Placed } slot || slot.Node != report.Node) continue;
            if (world.FenceOf(report.Node) > slot.Epoch.Token) continue; // Lost with the fence, and about to be marked.
            var id = new SlotId(lane.Group, slot.Index);

            // One that ended under this very epoch is not started again: it is lost, and placed under a new one.
            if (report.Slots.TryGetValue(id, out var hosted) && hosted.Epoch >= slot.Epoch) continue;
            yield return new SlotOrder(id, lane.Definition.Kind, slot.Epoch, IsStart: true, watch.TraceParent);
        }
    }

    private static SlotOrder? Stop(
        NodeId node,
        SlotId id,
        HostedSlot hosted,
        IReadOnlyDictionary<GroupId, GroupLane> lanes,
        Observation world)
    {
        if (!lanes.TryGetValue(id.Group, out var lane))
            return world.IsDefined(id.Group) ? null : new SlotOrder(id, KindOf(id.Group, lanes), hosted.Epoch, false);
        if (lane.IsElsewhere) return new SlotOrder(id, lane.Definition.Kind, hosted.Epoch, IsStart: false);
        if (!lane.IsOpen || lane.Of(id.Index) is not { Record: { } slot } watch) return null;
        if (hosted.Epoch > slot.Epoch) return null; // Of a placement that this memory does not have.
        var isItsOwn = slot is { State: SlotState.Placed or SlotState.Running } && slot.Node == node;

        // An earlier epoch of a slot that is to start here gives way to the order to start it.
        return isItsOwn
            ? null
            : new SlotOrder(id, lane.Definition.Kind, slot.Epoch, IsStart: false, watch.TraceParent);
    }
}
