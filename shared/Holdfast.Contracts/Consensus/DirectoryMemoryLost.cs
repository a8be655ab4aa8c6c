namespace Holdfast.Contracts;

/// <summary>
/// A directory shard forgot changes that it had acknowledged. Scripts refuse tokens below the floor there from now
/// on.
/// </summary>
[StateEvent]
public sealed record DirectoryMemoryLost : IEvent
{
    public required Guid EventId { get; init; }

    public required DateTime OccurredAt { get; init; }

    public required string Source { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    /// <summary>The shard.</summary>
    public required int Shard { get; init; }

    /// <summary>The token of the entry, 16 hex digits.</summary>
    public required string Floor { get; init; }

    /// <summary>What was seen: <c>gen</c>, <c>run</c> or <c>seq</c>.</summary>
    public required string Evidence { get; init; }
}
