namespace Holdfast.Contracts;

/// <summary>
/// A link is sick, not the node behind it: some observers are deaf to a peer that keeps its session alive
/// elsewhere.
/// </summary>
[StateEvent]
public sealed record LinkDegraded : IEvent
{
    public required Guid EventId { get; init; }

    public required DateTime OccurredAt { get; init; }

    public required string Source { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    /// <summary>The side that cannot be heard.</summary>
    public required string FromNodeId { get; init; }

    /// <summary>The side that cannot hear.</summary>
    public required string ToNodeId { get; init; }

    /// <summary>The generation of the side that cannot be heard.</summary>
    public required ulong Generation { get; init; }

    /// <summary><c>inbound</c>: the reporter cannot hear the other; <c>both</c>: neither hears the other.</summary>
    public required string Direction { get; init; }

    /// <summary>Milliseconds of silence on the link.</summary>
    public required long SilentForMs { get; init; }

    /// <summary>Milliseconds since the session of the silent side was kept alive.</summary>
    public required long KeptAliveAgoMs { get; init; }
}
