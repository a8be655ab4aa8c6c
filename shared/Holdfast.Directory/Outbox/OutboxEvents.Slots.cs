using Holdfast.Contracts;
using Holdfast.Directory.Changes;

namespace Holdfast.Directory;

/// <summary>Slots of groups: one event each, from the holder that wrote it.</summary>
public static partial class OutboxEvents
{
    private static SlotPlaced Placed(OutboxEntry entry, SlotChange change) => new()
    {
        EventId = EventIdentity.IdOf<SlotPlaced>(Subject(change), Sequence(entry, change)),
        OccurredAt = change.At,
        Source = change.Election.Value,
        Subject = Subject(change),
        Sequence = Sequence(entry, change),
        Group = change.Group.Value,
        Slot = change.Record.Slot,
        Kind = change.Kind,
        Epoch = change.Record.Epoch.ToString(),
        OldNode = change.Record.Previous?.Value,
        NewNode = change.Record.Node?.Value,
        Attempt = change.Record.Attempt,
        Reason = change.Reason,
    };

    private static SlotRecovered Recovered(OutboxEntry entry, SlotChange change) => new()
    {
        EventId = EventIdentity.IdOf<SlotRecovered>(Subject(change), Sequence(entry, change)),
        OccurredAt = change.At,
        Source = change.Election.Value,
        Subject = Subject(change),
        Sequence = Sequence(entry, change),
        Group = change.Group.Value,
        Slot = change.Record.Slot,
        Kind = change.Kind,
        Epoch = change.Record.Epoch.ToString(),
        OldNode = change.Record.Previous?.Value,
        NewNode = change.Record.Node?.Value,
        Attempt = change.Record.Attempt,
        Reason = change.Reason,
    };

    private static SlotUnhealthy Unhealthy(OutboxEntry entry, SlotChange change) => new()
    {
        EventId = EventIdentity.IdOf<SlotUnhealthy>(Subject(change), Sequence(entry, change)),
        OccurredAt = change.At,
        Source = change.Election.Value,
        Subject = Subject(change),
        Sequence = Sequence(entry, change),
        Group = change.Group.Value,
        Slot = change.Record.Slot,
        Kind = change.Kind,
        Epoch = change.Record.Epoch.ToString(),
        OldNode = LostFrom(change),
        Attempt = change.Record.Attempt,
        Reason = change.Reason,
    };

    private static SlotUnrecoverable Unrecoverable(OutboxEntry entry, SlotChange change) => new()
    {
        EventId = EventIdentity.IdOf<SlotUnrecoverable>(Subject(change), Sequence(entry, change)),
        OccurredAt = change.At,
        Source = change.Election.Value,
        Subject = Subject(change),
        Sequence = Sequence(entry, change),
        Group = change.Group.Value,
        Slot = change.Record.Slot,
        Kind = change.Kind,
        Epoch = change.Record.Epoch.ToString(),
        OldNode = LostFrom(change),
        Attempt = change.Record.Attempt,
        Reason = change.Reason,
    };

    /// <summary>Where it still may run, or ran before nobody could run it any more.</summary>
    private static string? LostFrom(SlotChange change) => (change.Record.Node ?? change.Record.Previous)?.Value;

    private static string Subject(SlotChange change) => $"slot/{change.Group}/{change.Record.Slot}";

    private static string Sequence(OutboxEntry entry, SlotChange change) =>
        EventIdentity.Sequence(change.Floor.Value, entry.Seq);
}
