using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Workloads;

/// <summary>
/// The local half of failure detection: named processes of the own node, watched by id and start time. A process that
/// ends is told once. One that ends during a planned silence is told only if nobody has taken its place when the
/// silence is over: a handoff that succeeds names its successor before that, one that aborts has its incumbent back.
/// </summary>
public sealed class WorkloadWatch
{
    /// <summary>Workloads of a node at most.</summary>
    public const int WorkloadsMax = 256;

    private readonly SortedDictionary<WorkloadName, Workload> _workloads = [];

    /// <summary>All workloads, by name.</summary>
    public ImmutableArray<Workload> All => [.. _workloads.Values];

    /// <summary>Whether a further name is refused.</summary>
    public bool IsFull => _workloads.Count >= WorkloadsMax;

    public Workload? Find(WorkloadName name) => _workloads.GetValueOrDefault(name);

    /// <summary>Takes an input in and answers with the deaths that must be told now.</summary>
    public ImmutableArray<WorkloadDeath> Step(WorkloadInput input, Instant now)
    {
        switch (input)
        {
            case WorkloadInput.Watch watch:
                Begin(watch);
                return [];
            case WorkloadInput.Forget forget:
                _workloads.Remove(forget.Name);
                return [];
            case WorkloadInput.PlanSilence plan when Find(plan.Name) is { } known:
                Invariant.Holds(plan.Name == known.Name);
                _workloads[plan.Name] = known with { SilentUntil = plan.Until > now ? plan.Until : null };
                return Overdue(now);
            case WorkloadInput.Gone gone when Find(gone.Name) is { State: WorkloadState.Up } up:
                // A look that began before the workload became another process says nothing about that one.
                if (up.Process == gone.Process) _workloads[gone.Name] = up with { State = WorkloadState.Silent };
                return Overdue(now);
            case WorkloadInput.PlanSilence or WorkloadInput.Gone:
                return []; // Forgotten meanwhile, or told already.
            case WorkloadInput.Tick:
                return Overdue(now);
            default:
                throw new InvariantViolatedException($"{input} is no input of the watch.");
        }
    }

    private void Begin(WorkloadInput.Watch watch)
    {
        // Said again, for the agent may have forgotten it; a planned silence stays.
        if (Find(watch.Name) is { State: WorkloadState.Up } known && known.Process == watch.Process) return;
        Invariant.Holds(_workloads.ContainsKey(watch.Name) || !IsFull);
        _workloads[watch.Name] = new Workload(watch.Name, watch.Process, WorkloadState.Up, null);
    }

    /// <summary>Everybody gone whose silence was never planned, or is over.</summary>
    private ImmutableArray<WorkloadDeath> Overdue(Instant now)
    {
        var due = _workloads.Values
            .Where(workload => workload.State == WorkloadState.Silent)
            .Where(workload => workload.SilentUntil is not { } until || until <= now)
            .ToList();
        foreach (var workload in due)
            _workloads[workload.Name] = workload with { State = WorkloadState.Down, SilentUntil = null };
        return [.. due.Select(workload => new WorkloadDeath(workload.Name, workload.Process))];
    }
}
