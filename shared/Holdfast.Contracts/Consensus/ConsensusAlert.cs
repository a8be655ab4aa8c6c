namespace Holdfast.Contracts;

/// <summary>
/// Something about the Consensus group that an operator should know.
/// </summary>
[StateEvent]
public sealed record ConsensusAlert : IEvent
{
    public required Guid EventId { get; init; }

    public required DateTime OccurredAt { get; init; }

    public required string Source { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    /// <summary>The voter that noticed.</summary>
    public required string NodeId { get; init; }

    /// <summary>What it is, for instance <c>quorumLost</c> or <c>diskStalled</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What was seen, in words with figures.</summary>
    public required string Evidence { get; init; }

    /// <summary>The term in which it was seen.</summary>
    public required ulong Term { get; init; }
}
