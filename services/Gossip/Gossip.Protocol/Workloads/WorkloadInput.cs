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
    public sealed record Watch(WorkloadName Name, WatchedProcess Process) : WorkloadInput;

    /// <summary>The workload is over, in order.</summary>
    public sealed record Forget(WorkloadName Name) : WorkloadInput;

    /// <summary>Until then the workload may be gone. A time that is over takes it back.</summary>
    public sealed record PlanSilence(WorkloadName Name, Instant Until) : WorkloadInput;

    /// <summary>The process was looked for and is gone.</summary>
    public sealed record Gone(WorkloadName Name, WatchedProcess Process) : WorkloadInput;

    /// <summary>Time has passed.</summary>
    public sealed record Tick : WorkloadInput;
}

/// <summary>
/// A process that ended unannounced, or whose workload was not back when the announced silence was over.
/// </summary>
public readonly record struct WorkloadDeath(WorkloadName Name, WatchedProcess Process);
