namespace Holdfast.Contracts;

/// <summary>
/// One observer has not heard from a peer for longer than its habit explains. Suspicion is no verdict; it spreads
/// so that other observers look and the peer can refute.
/// </summary>
[StateEvent]
public sealed record PeerSuspected : IEvent
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

    /// <summary>The suspicion of the observer that says so.</summary>
    public required double Phi { get; init; }

    /// <summary>The threshold it crossed.</summary>
    public required double PhiThreshold { get; init; }

    /// <summary>The node that suspects.</summary>
    public required string Observer { get; init; }

    /// <summary>Milliseconds since that observer last heard from the peer.</summary>
    public required long SilentForMs { get; init; }
}
