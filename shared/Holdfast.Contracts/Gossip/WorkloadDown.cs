namespace Holdfast.Contracts;

/// <summary>
/// A watched process of a node ended unannounced: the only confirmed process death.
/// </summary>
[StateEvent]
public sealed record WorkloadDown : IEvent
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

    /// <summary>The name of the workload.</summary>
    public required string Workload { get; init; }

    /// <summary>Its process id.</summary>
    public required int Pid { get; init; }

    /// <summary>How it ended; absent where it cannot be known.</summary>
    public int? ExitCode { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public required DateTime ExitedAt { get; init; }
}
