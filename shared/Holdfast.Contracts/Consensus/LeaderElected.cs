namespace Holdfast.Contracts;

/// <summary>
/// An election was granted to a session. Raft's own leadership is the election <c>consensus</c>.
/// </summary>
[StateEvent]
public sealed record LeaderElected : IEvent
{
    public required Guid EventId { get; init; }

    public required DateTime OccurredAt { get; init; }

    public required string Source { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    /// <summary>The name of the election.</summary>
    public required string Election { get; init; }

    /// <summary>The session that holds it, 16 hex digits; for <c>consensus</c> the voter.</summary>
    public required string Holder { get; init; }

    /// <summary>The cluster of the holder.</summary>
    public string? ClusterId { get; init; }

    /// <summary>The node the holder lives on, where it named one.</summary>
    public string? NodeId { get; init; }

    /// <summary>The Raft term of the entry.</summary>
    public required ulong Term { get; init; }

    /// <summary>The token granted, 16 hex digits; the fencing value.</summary>
    public required string Token { get; init; }

    /// <summary>Who held it before.</summary>
    public string? PreviousHolder { get; init; }

    /// <summary>The highest token of the holder before.</summary>
    public string? PreviousToken { get; init; }

    /// <summary><c>campaign</c>, <c>queue</c> (next in line) or, for <c>consensus</c>, <c>vote</c>.</summary>
    public required string Cause { get; init; }
}
