namespace Holdfast.Contracts.Http;

/// <summary>Other settings for one voter, from now on; what is absent stays as it is. All are taken, or none.</summary>
public sealed record ConfigRequest
{
    /// <summary><c>Consensus:Heartbeat</c></summary>
    public TimeSpan? Heartbeat { get; init; }

    /// <summary><c>Consensus:SnapshotEntries</c></summary>
    public int? SnapshotEntries { get; init; }

    /// <summary><c>Consensus:SnapshotBytes</c></summary>
    public long? SnapshotBytes { get; init; }

    /// <summary><c>Consensus:SnapshotTrailingEntries</c></summary>
    public int? SnapshotTrailingEntries { get; init; }

    /// <summary><c>Consensus:LearnerLagEntriesMax</c></summary>
    public int? LearnerLagEntriesMax { get; init; }
}
