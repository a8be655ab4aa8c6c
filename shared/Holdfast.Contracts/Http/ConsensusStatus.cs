namespace Holdfast.Contracts.Http;

/// <summary>
/// The state of the answering voter: <c>GET /v1/status</c>.
/// </summary>
public sealed record ConsensusStatus
{
    /// <summary>The voter that answers.</summary>
    public required string Node { get; init; }

    /// <summary><c>leader</c>, <c>follower</c> or <c>candidate</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Its term.</summary>
    public required ulong Term { get; init; }

    /// <summary>The leader it knows.</summary>
    public string? Leader { get; init; }

    /// <summary>Where that leader serves HTTP.</summary>
    public string? LeaderAddress { get; init; }

    /// <summary>Committed up to here.</summary>
    public required ulong CommitIndex { get; init; }

    /// <summary>Applied up to here.</summary>
    public required ulong AppliedIndex { get; init; }

    /// <summary>The last entry of its log.</summary>
    public required ulong LastIndex { get; init; }

    /// <summary>The last entry that its newest snapshot holds; 0 without one.</summary>
    public ulong SnapshotIndex { get; init; }

    /// <summary>All voters.</summary>
    public required IReadOnlyList<VoterAnswer> Voters { get; init; }

    /// <summary>Whether the voters span three failure domains, none with a majority.</summary>
    public required bool SafeLayout { get; init; }

    /// <summary>What is wrong with the layout, and what is wanted.</summary>
    public string? LayoutProblem { get; init; }

    /// <summary>A part of its log was lost and is not back yet: until then it neither votes nor stands.</summary>
    public bool Recovering { get; init; }

    /// <summary>What damage to its log this start found, and what became of it.</summary>
    public string? LogProblem { get; init; }

    /// <summary>
    /// What is wrong with the group as this voter sees it, such as <c>nodeFailed voter-3</c>; the kinds are those of
    /// <c>ConsensusAlert</c>.
    /// </summary>
    public IReadOnlyList<string> Alerts { get; init; } = [];
}
