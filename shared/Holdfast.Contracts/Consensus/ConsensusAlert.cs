namespace Holdfast.Contracts;

/// <summary>
/// Something about the Consensus group that an operator should know. The subject is the voter that says so, and the
/// newest alert of a voter says everything that holds there.
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

    /// <summary>
    /// What it is: <c>nodeFailed</c>, <c>slowReplication</c> (told by the leader, and void when another leads),
    /// <c>quorumLost</c>, <c>diskStalled</c> hold until <c>nodeRecovered</c>, <c>replicationRecovered</c>,
    /// <c>quorumRestored</c>, <c>diskRecovered</c>; <c>leaderChanged</c>, <c>leaderYielded</c>, <c>entriesMissing</c>,
    /// <c>corruptionFound</c>, <c>snapshotFailed</c>, <c>voterStopped</c> have no end.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>What was seen, in words with figures.</summary>
    public required string Evidence { get; init; }

    /// <summary>The term in which it was seen.</summary>
    public required ulong Term { get; init; }

    /// <summary>The voter it is about, where that is another one.</summary>
    public string? AboutNodeId { get; init; }

    /// <summary>Of <c>leaderChanged</c>: who led before, where it is known.</summary>
    public string? PreviousLeader { get; init; }

    /// <summary>Of <c>quorumLost</c> and <c>quorumRestored</c>: how many voters there are.</summary>
    public int? Voters { get; init; }

    /// <summary>Of these how many the voter hears, itself included.</summary>
    public int? Reachable { get; init; }

    /// <summary>Of <c>slowReplication</c> and <c>replicationRecovered</c>: entries that the voter lacks.</summary>
    public long? LagEntries { get; init; }

    /// <summary>
    /// Everything that holds now at the voter that says so, such as <c>nodeFailed voter-3</c>, this alert included.
    /// </summary>
    public IReadOnlyList<string>? Standing { get; init; }
}
