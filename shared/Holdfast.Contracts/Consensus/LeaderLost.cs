namespace Holdfast.Contracts;

/// <summary>
/// An election has no holder any more. Whoever acted under the token must stop; the directory's scripts refuse it
/// once a successor has installed itself.
/// </summary>
[StateEvent]
public sealed record LeaderLost : IEvent
{
    public required Guid EventId { get; init; }

    public required DateTime OccurredAt { get; init; }

    public required string Source { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    /// <summary>The name of the election.</summary>
    public required string Election { get; init; }

    /// <summary>The session that held it.</summary>
    public required string Holder { get; init; }

    /// <summary>The Raft term of the entry.</summary>
    public required ulong Term { get; init; }

    /// <summary>The highest token the holder had, 16 hex digits.</summary>
    public required string Token { get; init; }

    /// <summary><c>resigned</c>, <c>expired</c>, <c>revoked</c> or, for <c>consensus</c>, <c>steppedDown</c>.</summary>
    public required string Cause { get; init; }
}
