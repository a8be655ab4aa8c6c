using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Gossip.Protocol.Workloads;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service.Workloads;

/// <summary>
/// Watches processes of this node by id and start time, looks at each every <see cref="GossipServiceOptions"/>'
/// <c>LocalInterval</c>, and tells the bus of an unannounced end. It survives no restart by design: supervisors name
/// their workloads again.
/// </summary>
internal sealed class WorkloadDesk(
    GossipServiceOptions options,
    GossipMembers members,
    StateEventOutbox outbox,
    IMonotonicClock clock,
    TimeProvider time,
    ILogger<WorkloadDesk> logger) : BackgroundService
{
    public static readonly TimeSpan SilenceMax = TimeSpan.FromHours(1);

    private const int UntoldMax = 256;

    private readonly WorkloadWatch _watch = new();
    private readonly Lock _gate = new();
    private readonly List<WorkloadDeath> _untold = [];
    private ulong _deaths;

    public IReadOnlyList<WorkloadAnswer> All()
    {
        lock (_gate) return [.. _watch.All.Select(AnswerOf)];
    }

    /// <summary>Null where there are as many workloads as there may be.</summary>
    public WorkloadAnswer? Watch(WorkloadName name, LocalProcess process, bool reportsExit)
    {
        lock (_gate)
        {
            // What this replaces may have died since the last look; that is told before it is forgotten.
            if (_watch.Find(name) is { } known) LookLocked(known);
            else if (_watch.IsFull) return null;
            StepLocked(new WorkloadInput.Watch(
                name, new WatchedProcess(process.Pid, process.StartedAt), reportsExit));
            return AnswerOf(_watch.Find(name)!);
        }
    }

    public void Forget(WorkloadName name)
    {
        lock (_gate) StepLocked(new WorkloadInput.Forget(name));
    }

    /// <summary>How its process ended, from the parent. False where it is not this process, or was told.</summary>
    public bool Exited(WorkloadName name, int pid, int? code)
    {
        lock (_gate)
        {
            if (_watch.Find(name) is not { } known || known.Process.Pid != pid) return false;
            if (known.State == WorkloadState.Down) return false;
            StepLocked(new WorkloadInput.Exited(name, pid, new ReportedExit(code)));
            return true;
        }
    }

    /// <summary>Null where the workload is unknown.</summary>
    public WorkloadAnswer? PlanSilence(WorkloadName name, DateTimeOffset until)
    {
        lock (_gate)
        {
            if (_watch.Find(name) is not { } known) return null;
            // A death before the announcement is not covered by it.
            LookLocked(known);
            StepLocked(new WorkloadInput.PlanSilence(name, clock.Now() + (until - time.GetUtcNow())));
            return AnswerOf(_watch.Find(name)!);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.LocalInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) Look();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            foreach (var workload in _watch.All) LookLocked(workload);
            StepLocked(new WorkloadInput.Tick());
            if (_untold.Count > 0) TellKeptLocked();
        }
    }

    private void LookLocked(Workload workload)
    {
        if (workload.State != WorkloadState.Up) return;
        if (new LocalProcess(workload.Process.Pid, workload.Process.StartedAt).IsAlive()) return;
        StepLocked(new WorkloadInput.Gone(workload.Name, workload.Process));
    }

    private void StepLocked(WorkloadInput input)
    {
        foreach (var death in _watch.Step(input, clock.Now())) TellLocked(death);
    }

    private void TellKeptLocked()
    {
        if (members.Current.Self is null) return;
        foreach (var death in _untold) TellLocked(death);
        _untold.Clear();
    }

    private void TellLocked(WorkloadDeath death)
    {
        if (members.Current.Self is not { Record: var self })
        {
            // A start that has not joined yet: told once it is known in whose name.
            if (_untold.Count < UntoldMax) _untold.Add(death);
            return;
        }

        var at = time.GetUtcNow().UtcDateTime;
        var subject = $"workload/{self.Node}/{death.Name}";
        var sequence = EventIdentity.Sequence(self.Generation.Value, ++_deaths);
        Log.WorkloadDown(logger, death.Name.Value, death.Process.Pid);
        Telemetry.WorkloadDeaths.Add(1, new KeyValuePair<string, object?>("workload", death.Name.Value));
        outbox.Enqueue(
            new WorkloadDown
            {
                EventId = EventIdentity.IdOf<WorkloadDown>(subject, sequence),
                OccurredAt = at,
                Source = $"gossip/{self.Node}",
                Subject = subject,
                Sequence = sequence,
                NodeId = self.Node.Value,
                ClusterId = self.Cluster.Value,
                Generation = self.Generation.Value,
                Workload = death.Name.Value,
                Pid = death.Process.Pid,
                ExitCode = death.ExitCode,
                ExitedAt = at - death.After,
            },
            null);
    }

    private WorkloadAnswer AnswerOf(Workload workload) => new()
    {
        Name = workload.Name.Value,
        Pid = workload.Process.Pid,
        State = workload.State.ToString().ToLowerInvariant(),
        SilentUntil = workload.SilentUntil is { } until ? (time.GetUtcNow() + (until - clock.Now())).UtcDateTime : null,
    };
}
