using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Workloads;

/// <summary>How a workload is.</summary>
public enum WorkloadState
{
    /// <summary>Its process lives.</summary>
    Up,

    /// <summary>Its process is gone, as was announced, and the announced end is not reached.</summary>
    Silent,

    /// <summary>Its process is gone, and that was told.</summary>
    Down,
}

/// <summary>A workload as the watch knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Process">The process it is.</param>
/// <param name="State">How it is.</param>
/// <param name="SilentUntil">Until when its silence is planned.</param>
/// <param name="ReportsExit">Whether its parent reports how it ended.</param>
public sealed record Workload(
    WorkloadName Name, WatchedProcess Process, WorkloadState State, Instant? SilentUntil, bool ReportsExit)
{
    /// <summary>When it was found to be gone.</summary>
    public Instant? GoneAt { get; init; }

    /// <summary>How it ended, from its parent.</summary>
    public ReportedExit? Exit { get; init; }
}
