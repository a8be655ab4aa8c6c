using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// What is to be written next about a slot, by its record and what is certain: first that it is lost, at once; where it
/// goes is for the next round of placing.
/// </summary>
internal sealed class SlotRules(GroupId group, GroupDefinition definition, Certainty certainty, RecoveryOptions options)
{
    /// <summary>Null when nothing is to be written.</summary>
    public SlotWrite? Next(SlotWatch watch, Instant now)
    {
        if (watch.IsUnreadable) return null;
        if (watch.Record is not { } slot) return Place(watch, null);

        // Lost under an earlier holder: whom it was lost with is still on record.
        if (watch.Reason is null && slot.State != SlotState.Running && certainty.Former(slot) is { } former)
            Remember(watch, former);
        var isWanted = slot.Index < definition.Slots;
        var loss = slot.Node is null ? null : certainty.Of(group, watch);
        return slot.State switch
        {
            SlotState.Placed or SlotState.Running when loss is not null => Lose(watch, slot, loss),
            SlotState.Placed or SlotState.Running when !isWanted => Write(slot, SlotState.Stopping, "notWanted"),
            SlotState.Placed => Confirm(watch, slot, now),
            SlotState.Running => null,
            SlotState.Stopping when loss is not null => Rest(slot, loss.Reason),
            SlotState.Stopping => null,
            SlotState.Stopped => isWanted ? Place(watch, slot) : null,
            _ when slot.Node is not null => loss is null ? Despair(watch, slot, now) : Release(watch, slot, loss),
            _ when !isWanted => Rest(slot, "notWanted"),
            _ => Place(watch, slot) ?? Despair(watch, slot, now),
        };
    }

    private SlotWrite? Confirm(SlotWatch watch, Slot slot, Instant now)
    {
        if (certainty.Heard(group, slot) is { Stage: HostedStage.Running })
            return Write(slot, SlotState.Running, watch.Reason ?? "confirmed") with { DownFor = now - watch.DownSince };
        if (now < watch.ChangedAt + options.ConfirmTimeout) return null;
        watch.Reason = "notConfirmed";
        return Write(slot, SlotState.Unhealthy, "notConfirmed");
    }

    private static SlotWrite Lose(SlotWatch watch, Slot slot, Loss loss)
    {
        Remember(watch, loss);
        return Write(Cleared(slot), SlotState.Unhealthy, loss.Reason);
    }

    private static SlotWrite Release(SlotWatch watch, Slot slot, Loss loss)
    {
        Remember(watch, loss);
        return Write(Cleared(slot), slot.State, loss.Reason);
    }

    private SlotWrite? Despair(SlotWatch watch, Slot slot, Instant now) =>
        slot.State == SlotState.Unhealthy && !watch.IsGivenUp && now >= watch.DownSince + options.UnrecoverableAfter
            ? Write(slot, SlotState.Unrecoverable, slot.Node is null ? "noRoom" : "notReleased")
            : null;

    private static SlotWrite? Place(SlotWatch watch, Slot? slot) =>
        watch.Chosen is { } chosen ? new SlotWrite(chosen, slot?.Epoch, watch.Reason ?? "wanted") : null;

    private static void Remember(SlotWatch watch, Loss loss) =>
        (watch.Reason, watch.TraceParent) = (loss.Reason, loss.TraceParent ?? watch.TraceParent);

    private static SlotWrite Rest(Slot slot, string reason) =>
        Write(slot with { Node = null, Previous = null, Attempt = 0 }, SlotState.Stopped, reason);

    private static Slot Cleared(Slot slot) =>
        slot with { Node = null, Previous = slot.Node, Attempt = slot.State == SlotState.Running ? 0 : slot.Attempt };

    private static SlotWrite Write(Slot slot, SlotState state, string reason) =>
        new(slot with { State = state }, slot.Epoch, reason);
}
