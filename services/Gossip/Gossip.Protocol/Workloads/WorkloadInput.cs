using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Workloads;

/// <summary>One process of the node: ids are given again, so the time it started goes along.</summary>
/// <param name="Pid">Its id.</param>
/// <param name="StartedAt">When it started, on whatever clock the shell reads; only equality counts.</param>
public readonly record struct WatchedProcess(int Pid, ulong StartedAt);

/// <summary>What the watch of a node's workloads is told.</summary>
public abstract record WorkloadInput
{
    private WorkloadInput()
    {
    }

    /// <summary>The workload is this process from now on.</summary>
    /// <param name="Name">Which.</param>
    /// <param name="Process">The process.</param>
    /// <param name="ReportsExit">Whether its parent says how it ended, so that its word is waited for.</param>
    public sealed record Watch(WorkloadName Name, WatchedProcess Process, bool ReportsExit = false) : WorkloadInput;

    /// <summary>The parent of the process saw it end.</summary>
    public sealed record Exited(WorkloadName Name, int Pid, ReportedExit Exit) : WorkloadInput;

    /// <summary>The workload is over, in order.</summary>
    public sealed record Forget(WorkloadName Name) : WorkloadInput;

    /// <summary>Until then the workload may be gone. A time that is over takes it back.</summary>
    public sealed record PlanSilence(WorkloadName Name, Instant Until) : WorkloadInput;

    /// <summary>The process was looked for and is gone.</summary>
    public sealed record Gone(WorkloadName Name, WatchedProcess Process) : WorkloadInput;

    /// <summary>Time has passed.</summary>
    public sealed record Tick : WorkloadInput;
}

/// <summary>How a process ended, as its parent saw it.</summary>
/// <param name="Code">Its exit code, 128 more than the signal that ended it; null where the parent does not know.
/// </param>
public readonly record struct ReportedExit(int? Code);

/// <summary>
/// A process that ended unannounced, or whose workload was not back when the announced silence was over.
/// </summary>
/// <param name="Name">The workload.</param>
/// <param name="Process">The process.</param>
/// <param name="ExitCode">How it ended, where its parent said so.</param>
/// <param name="After">How long ago it was found to be gone: the silence that was planned, or the wait for its
/// parent.</param>
public readonly record struct WorkloadDeath(
    WorkloadName Name, WatchedProcess Process, int? ExitCode = null, TimeSpan After = default);
