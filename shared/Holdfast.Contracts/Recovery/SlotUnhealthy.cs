namespace Holdfast.Contracts;

/// <summary>
/// A slot's node is gone or its host said it stopped; nothing is routed to it from now on.
/// </summary>
[StateEvent]
public sealed record SlotUnhealthy : IEvent
{
    public required Guid EventId { get; init; }

    public required DateTime OccurredAt { get; init; }

    public required string Source { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>The slot, from 0.</summary>
    public required int Slot { get; init; }

    /// <summary><c>replica</c>, <c>fork</c> or <c>standby</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The epoch of the slot; the fencing value.</summary>
    public required string Epoch { get; init; }

    /// <summary>Where it was.</summary>
    public string? OldNode { get; init; }

    /// <summary>Where it is or will be.</summary>
    public string? NewNode { get; init; }

    /// <summary>How often a placement was tried for this loss.</summary>
    public required int Attempt { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}
