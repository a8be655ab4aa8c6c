namespace Holdfast.Contracts;

/// <summary>
/// Enough of the observers of a peer agree that it is silent. Evidence, not authority: who may act on it is decided
/// by Consensus, see <see cref="PeerFenced"/>.
/// </summary>
[StateEvent]
public sealed record PeerDown : IEvent
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

    /// <summary>The highest suspicion among the observers.</summary>
    public required double Phi { get; init; }

    /// <summary>The observers that agree, each with its evidence.</summary>
    public required IReadOnlyList<ObserverEvidence> Observers { get; init; }

    /// <summary>How many observers had to agree.</summary>
    public required int ObserversWanted { get; init; }

    /// <summary>
    /// <c>majority</c> (of the observers agreed) or <c>witness</c> (one healthy observer, after votes were
    /// missing for long).
    /// </summary>
    public required string Reason { get; init; }

    /// <summary>Names the nodes that died together: the same for all convictions of one moment.</summary>
    public required string CutId { get; init; }
}
