using Holdfast.Contracts;
using Holdfast.Directory.Changes;
using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>
/// Turns an entry of an outbox into the event that the bus carries. The same entry gives the same event, whoever reads
/// it and whenever: id and sequence come from the floor and the sequence under which it was written.
/// </summary>
public static partial class OutboxEvents
{
    /// <summary>The event of an entry.</summary>
    /// <exception cref="FormatException">The entry was written by another format, or names an unknown
    /// event.</exception>
    public static IEvent Decode(int shard, OutboxEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry.EventType switch
        {
            nameof(GrainClaimed) => Claimed(shard, entry, ChangeText.Read(entry.Payload)),
            nameof(GrainPromoted) => Promoted(shard, entry, ChangeText.Read(entry.Payload)),
            nameof(GrainReleased) => Released(shard, entry, ChangeText.Read(entry.Payload)),
            nameof(GrainTransferred) => Transferred(shard, entry, ChangeText.Read(entry.Payload)),
            nameof(GrainDemoted) => Demoted(shard, entry, ChangeText.Read(entry.Payload)),
            nameof(SlotPlaced) => Placed(entry, SlotChangeText.Read(entry.Payload)),
            nameof(SlotRecovered) => Recovered(entry, SlotChangeText.Read(entry.Payload)),
            nameof(SlotUnhealthy) => Unhealthy(entry, SlotChangeText.Read(entry.Payload)),
            nameof(SlotUnrecoverable) => Unrecoverable(entry, SlotChangeText.Read(entry.Payload)),
            _ => throw new FormatException($"'{entry.EventType}' is not an event of the directory."),
        };
    }

    /// <summary>When the change was made, UTC; null where the entry does not say.</summary>
    internal static DateTime? TimeOf(OutboxEntry entry)
    {
        try
        {
            return ChangeText.ReadTime(entry.Payload);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static GrainClaimed Claimed(int shard, OutboxEntry entry, Change change) => new()
    {
        EventId = EventIdentity.IdOf<GrainClaimed>(Subject(shard), Sequence(entry, change)),
        OccurredAt = change.At,
        Source = Source(shard),
        Subject = Subject(shard),
        Sequence = Sequence(entry, change),
        Shard = shard,
        Cause = Cause(change),
        Token = change.Token.ToString(),
        Grains = Grains(change),
        FromCluster = change.From?.Value,
        ToCluster = Demand(change.To, entry).Value,
        Holder = change.Holder?.ToString() ?? "",
        PreviousHolder = change.Previous?.ToString(),
    };

    private static GrainTransferred Transferred(int shard, OutboxEntry entry, Change change) => new()
    {
        EventId = EventIdentity.IdOf<GrainTransferred>(Subject(shard), Sequence(entry, change)),
        OccurredAt = change.At,
        Source = Source(shard),
        Subject = Subject(shard),
        Sequence = Sequence(entry, change),
        Shard = shard,
        Cause = Cause(change),
        Token = change.Token.ToString(),
        Grains = Grains(change),
        FromCluster = change.From?.Value,
        ToCluster = Demand(change.To, entry).Value,
        Holder = change.Holder?.ToString() ?? "",
        PreviousHolder = change.Previous?.ToString(),
    };

    private static GrainPromoted Promoted(int shard, OutboxEntry entry, Change change) => new()
    {
        EventId = EventIdentity.IdOf<GrainPromoted>(Subject(shard), Sequence(entry, change)),
        OccurredAt = change.At,
        Source = Source(shard),
        Subject = Subject(shard),
        Sequence = Sequence(entry, change),
        Shard = shard,
        Cause = Cause(change),
        Token = change.Token.ToString(),
        Grains = Grains(change),
        FromCluster = change.From?.Value,
        ToCluster = Demand(change.To, entry).Value,
    };

    private static GrainReleased Released(int shard, OutboxEntry entry, Change change) => new()
    {
        EventId = EventIdentity.IdOf<GrainReleased>(Subject(shard), Sequence(entry, change)),
        OccurredAt = change.At,
        Source = Source(shard),
        Subject = Subject(shard),
        Sequence = Sequence(entry, change),
        Shard = shard,
        Cause = Cause(change),
        Token = change.Token.ToString(),
        Grains = Grains(change),
        FromCluster = change.From?.Value,
        PreviousHolder = change.Previous?.ToString(),
    };

    private static GrainDemoted Demoted(int shard, OutboxEntry entry, Change change) => new()
    {
        EventId = EventIdentity.IdOf<GrainDemoted>(Subject(shard), Sequence(entry, change)),
        OccurredAt = change.At,
        Source = Source(shard),
        Subject = Subject(shard),
        Sequence = Sequence(entry, change),
        Shard = shard,
        Cause = Cause(change),
        Token = change.Token.ToString(),
        Grains = Grains(change),
        FromCluster = change.From?.Value,
        PreviousHolder = Demand(change.Previous, entry).ToString(),
    };

    private static string Source(int shard) => $"directory/{GrainShard.Name(shard)}";

    private static string Subject(int shard) => $"shard/{GrainShard.Name(shard)}";

    private static string Sequence(OutboxEntry entry, Change change) =>
        EventIdentity.Sequence(change.Floor.Value, entry.Seq);

    private static string Cause(Change change) => change.Cause.Length == 0 ? change.Operation : change.Cause;

    private static T Demand<T>(T? value, OutboxEntry entry)
        where T : struct =>
        value ?? throw new FormatException($"The {entry.EventType} at {entry.Seq} lacks its {typeof(T).Name}.");

    private static GrainChange[] Grains(Change change)
    {
        var grains = new GrainChange[change.Grains.Count];

        // Most grains of a change come from one epoch and go to one: each is written out once.
        (Epoch? Epoch, string? Text) old = default, next = default;
        for (var i = 0; i < grains.Length; i++)
        {
            var grain = change.Grains[i];
            if (grain.Old != old.Epoch) old = (grain.Old, grain.Old?.ToString());
            if (grain.New != next.Epoch) next = (grain.New, grain.New.ToString());
            grains[i] = new GrainChange
            {
                Type = grain.Grain.Type,
                Key = grain.Grain.Key,
                OldEpoch = old.Text,
                NewEpoch = next.Text!,
            };
        }

        return grains;
    }
}
