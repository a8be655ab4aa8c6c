namespace Holdfast.Contracts;

/// <summary>
/// A peer announced that it leaves. It stays left until a higher generation appears.
/// </summary>
[StateEvent]
public sealed record PeerLeft : IEvent
{
    public required Guid EventId { get; init; }

    public required DateTime OccurredAt { get; init; }

    public required string Source { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    /// <summary>The peer.</summary>
    public required string NodeId { get; init; }

    /// <summary>The cluster the peer belongs to.</summary>
    public required string ClusterId { get; init; }

    /// <summary>The boot of the peer that this is about; the fencing value of peer events.</summary>
    public required ulong Generation { get; init; }

    /// <summary>Rises with every refutation or change of state within the generation.</summary>
    public required ulong Verdict { get; init; }

    /// <summary>What the peer gave as its reason.</summary>
    public required string Reason { get; init; }
}
