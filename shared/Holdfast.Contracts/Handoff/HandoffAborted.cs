namespace Holdfast.Contracts;

/// <summary>
/// The incumbent serves as before.
/// </summary>
[StateEvent]
public sealed record HandoffAborted : IEvent
{
    public required Guid EventId { get; init; }

    public required DateTime OccurredAt { get; init; }

    public required string Source { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    /// <summary>UUID of the handoff.</summary>
    public required string HandoffId { get; init; }

    /// <summary>The node.</summary>
    public required string NodeId { get; init; }

    /// <summary>The daemon.</summary>
    public required string Daemon { get; init; }

    /// <summary>The epoch of the daemon's grain; the fencing value. Absent for a daemon without one.</summary>
    public string? Epoch { get; init; }

    /// <summary>The process that serves.</summary>
    public required int IncumbentPid { get; init; }

    /// <summary>The process that takes over.</summary>
    public int? SuccessorPid { get; init; }

    /// <summary>Its build.</summary>
    public string? IncumbentBuild { get; init; }

    /// <summary>The build handed to.</summary>
    public required string SuccessorBuild { get; init; }

    /// <summary>The last step taken.</summary>
    public required string Step { get; init; }

    /// <summary>Why it was aborted.</summary>
    public string? Reason { get; init; }

    /// <summary>How long nobody served, in milliseconds.</summary>
    public long? PauseMs { get; init; }

    /// <summary>Until when silence of the daemon is planned, UTC.</summary>
    public DateTime? PlannedEndAt { get; init; }
}
