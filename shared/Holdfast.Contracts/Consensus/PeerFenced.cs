namespace Holdfast.Contracts;

/// <summary>
/// A node is fenced: every session on it, of this generation or an older one, has lost its right to tokens, and
/// none of that generation is opened again. The authority on which ownership moves.
/// </summary>
[StateEvent]
public sealed record PeerFenced : IEvent
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

    /// <summary>The token of the entry, 16 hex digits: higher than every token of a fenced session.</summary>
    public required string Token { get; init; }

    /// <summary><c>silence</c>, <c>processDeath</c>, <c>left</c> or <c>operator</c>.</summary>
    public required string Cause { get; init; }

    /// <summary>The evidence that was given.</summary>
    public required IReadOnlyList<ObserverEvidence> Observers { get; init; }

    /// <summary>How many sessions lost their right to tokens.</summary>
    public required int RevokedSessions { get; init; }

    /// <summary>The clusters that had live sessions at that entry.</summary>
    public required IReadOnlyList<string> LiveClusters { get; init; }
}
