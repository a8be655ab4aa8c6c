namespace Holdfast.Contracts.Http;

/// <summary>
/// What one voter goes by. Each voter has its own: what is changed at one is not changed at the others, and lasts until
/// it restarts, or reads its configuration again (SIGHUP).
/// </summary>
public sealed record ConfigAnswer
{
    /// <summary>Whose it is.</summary>
    public required string Node { get; init; }

    /// <summary>What can be changed while the voter runs, as it is in force.</summary>
    public required HotConfig Hot { get; init; }

    /// <summary>The same as the configuration says.</summary>
    public required HotConfig Configured { get; init; }

    /// <summary>
    /// The shortest silence of a leader in force: as configured, and at least two heartbeats of this voter and of the
    /// leader it follows.
    /// </summary>
    public required TimeSpan ElectionTimeoutMin { get; init; }

    /// <summary>The longest in force; as much longer than configured as the shortest is.</summary>
    public required TimeSpan ElectionTimeoutMax { get; init; }

    /// <summary>What needs a restart.</summary>
    public required FixedConfig Fixed { get; init; }
}

/// <summary>Settings that a voter takes up while it runs.</summary>
public sealed record HotConfig
{
    /// <summary><c>Consensus:Heartbeat</c></summary>
    public required TimeSpan Heartbeat { get; init; }

    /// <summary><c>Consensus:SnapshotEntries</c></summary>
    public required int SnapshotEntries { get; init; }

    /// <summary><c>Consensus:SnapshotBytes</c></summary>
    public required long SnapshotBytes { get; init; }

    /// <summary><c>Consensus:SnapshotTrailingEntries</c></summary>
    public required int SnapshotTrailingEntries { get; init; }

    /// <summary><c>Consensus:LearnerLagEntriesMax</c></summary>
    public required int LearnerLagEntriesMax { get; init; }
}

/// <summary>Settings that a voter was started with.</summary>
public sealed record FixedConfig
{
    /// <summary><c>Consensus:Group</c></summary>
    public required string Group { get; init; }

    /// <summary><c>Consensus:Generation</c></summary>
    public required int Generation { get; init; }

    /// <summary><c>Consensus:ElectionTimeoutMin</c></summary>
    public required TimeSpan ElectionTimeoutMin { get; init; }

    /// <summary><c>Consensus:ElectionTimeoutMax</c></summary>
    public required TimeSpan ElectionTimeoutMax { get; init; }

    /// <summary><c>Consensus:ElectionHints</c></summary>
    public required bool ElectionHints { get; init; }

    /// <summary><c>Consensus:LeaseReads</c></summary>
    public required bool LeaseReads { get; init; }

    /// <summary><c>Consensus:ClockDriftMax</c></summary>
    public required double ClockDriftMax { get; init; }
}
