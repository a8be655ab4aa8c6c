using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Workloads;

/// <summary>
/// The local half of failure detection: named processes of the own node, watched by id and start time. A process that
/// ends is told once. One that ends during a planned silence is told only if nobody has taken its place when the
/// silence is over: a handoff that succeeds names its successor before that, one that aborts has its incumbent back.
/// How it ended only its parent knows; where that is to report it, its word is waited for, though not for long.
/// </summary>
public sealed class WorkloadWatch
{
    /// <summary>Workloads of a node at most.</summary>
    public const int WorkloadsMax = 256;

    /// <summary>
    /// How long a death is kept for the word of the parent, which may have died with it.
    /// </summary>
    public static readonly TimeSpan ReportPatience = TimeSpan.FromSeconds(1);

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
                return Begin(watch, now);
            case WorkloadInput.Forget forget:
                _workloads.Remove(forget.Name);
                return [];
            case WorkloadInput.PlanSilence plan when Find(plan.Name) is { } known:
                Invariant.Holds(plan.Name == known.Name);
                _workloads[plan.Name] = known with { SilentUntil = plan.Until > now ? plan.Until : null };
                return Overdue(now);
            case WorkloadInput.Gone gone when Find(gone.Name) is { State: WorkloadState.Up } up:
                // A look that began before the workload became another process says nothing about that one.
                if (up.Process == gone.Process) Lose(up, now);
                return Overdue(now);
            case WorkloadInput.Exited exited when Find(exited.Name) is { State: not WorkloadState.Down } known:
                // A process id is not given again before its parent has seen its end, so the id alone names it.
                if (known.Process.Pid == exited.Pid) Lose(known with { Exit = exited.Exit }, now);
                return Overdue(now);
            case WorkloadInput.PlanSilence or WorkloadInput.Gone or WorkloadInput.Exited:
                return []; // Forgotten meanwhile, or told already.
            case WorkloadInput.Tick:
                return Overdue(now);
            default:
                throw new InvariantViolatedException($"{input} is no input of the watch.");
        }
    }

    private ImmutableArray<WorkloadDeath> Begin(WorkloadInput.Watch watch, Instant now)
    {
        // Said again, for the agent may have forgotten it; a planned silence stays.
        var known = Find(watch.Name);
        if (known is { State: WorkloadState.Up } && known.Process == watch.Process) return [];
        Invariant.Holds(known is not null || !IsFull);
        _workloads[watch.Name] =
            new Workload(watch.Name, watch.Process, WorkloadState.Up, null, watch.ReportsExit);

        // A death that still waited for the word of its parent is told without it: after this nobody knows of it.
        return known is { State: WorkloadState.Silent } && known.Process != watch.Process && !IsPlanned(known, now)
            ? [DeathOf(known, now)]
            : [];
    }

    private void Lose(Workload workload, Instant now) => _workloads[workload.Name] =
        workload with { State = WorkloadState.Silent, GoneAt = workload.GoneAt ?? now };

    private static bool IsExitAwaited(Workload workload, Instant now) =>
        workload is { ReportsExit: true, Exit: null } && now - workload.GoneAt!.Value < ReportPatience;

    private static bool IsPlanned(Workload workload, Instant now) =>
        workload.SilentUntil is { } until && until > now;

    private static WorkloadDeath DeathOf(Workload gone, Instant now) =>
        new(gone.Name, gone.Process, gone.Exit?.Code, now - gone.GoneAt!.Value);

    /// <summary>Everybody gone whose silence was never planned, or is over.</summary>
    private ImmutableArray<WorkloadDeath> Overdue(Instant now)
    {
        var due = _workloads.Values
            .Where(workload => workload.State == WorkloadState.Silent)
            .Where(workload => !IsPlanned(workload, now))
            .Where(workload => !IsExitAwaited(workload, now))
            .ToList();
        foreach (var workload in due)
            _workloads[workload.Name] = workload with { State = WorkloadState.Down, SilentUntil = null };
        return [.. due.Select(workload => DeathOf(workload, now))];
    }
}
