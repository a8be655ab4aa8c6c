using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

/// <summary>An actor of the stage: a process of the daemon, with what it has.</summary>
internal sealed class Actor(DaemonProcess identity)
{
    public DaemonProcess Identity { get; } = identity;

    public bool Lives { get; set; } = true;

    /// <summary>Whether it has the lock of the data.</summary>
    public bool HasData { get; set; }

    public bool SaidReady { get; set; }

    /// <summary>The epoch it was given last.</summary>
    public ulong Epoch { get; set; }
}

/// <summary>
/// A supervisor's core between two processes, an agent, a disk and a directory that behave as they are specified to.
/// Answers wait in lanes until they are delivered; what must hold is checked at every effect.
/// </summary>
internal sealed partial class Stage
{
    public static readonly BuildName Old = new("1.0");
    public static readonly BuildName New = new("1.1");
    public static readonly HandoffId Handoff = new(Guid.Parse("0b8f3a52-6a9b-4b57-9a39-111111111111"));
    public static readonly Revisions Revisions = new(7, 9);

    private readonly SortedDictionary<string, Queue<SupervisorInput>> _lanes = new(StringComparer.Ordinal);
    private readonly SupervisionOptions _options = new();
    private int _pid = 100;
    private bool _isCommitRecorded;
    private bool _isIncumbentCut;
    private Instant _readyAt;
    private Actor? _called;

    public Stage(bool isFenced = true, bool mayGoUnfenced = false) =>
        Supervisor = new Supervisor(new DaemonRules(isFenced, mayGoUnfenced), _options);

    public Supervisor Supervisor { get; private set; }

    public Instant Now { get; private set; } = Instant.Zero + TimeSpan.FromHours(1);

    /// <summary>Everything that was done, in order, as words.</summary>
    public List<string> Done { get; } = [];

    public List<Actor> Actors { get; } = [];

    public DaemonJournal? Disk { get; private set; }

    public RequestAnswer? Answer { get; private set; }

    /// <summary>The epoch that the daemon's grain has.</summary>
    public ulong Epoch { get; private set; }

    /// <summary>When the successor was sent a heartbeat last.</summary>
    public Instant BeatenAt { get; private set; }

    /// <summary>What the successor finds; the incumbent always seals <see cref="Revisions"/>.</summary>
    public Revisions Found { get; set; } = Revisions;

    public bool IsHealthy { get; set; } = true;

    public bool DiskFails { get; set; }

    /// <summary>Why the directory does not raise epochs; null: it does.</summary>
    public string? DirectoryAway { get; set; }

    public bool HasOldEpoch { get; set; }

    public IEnumerable<string> Lanes => _lanes.Where(lane => lane.Value.Count > 0).Select(lane => lane.Key);

    public Actor Serving => Actors.Single(actor => actor.Lives && actor.HasData);

    public HandoffStep? At => Supervisor.State is DaemonState.Handing { Course.Step: var step } ? step : null;

    public bool IsServing => Supervisor.State is DaemonState.Serving;

    /// <summary>A daemon of the old build that serves.</summary>
    public Stage Started()
    {
        Step(new SupervisorInput.Begin(Disk ?? new DaemonJournal { Build = Old }, false, false));
        Settle();
        return this;
    }

    public Stage Wanted()
    {
        Step(new SupervisorInput.HandoffWanted(Handoff, New));
        return this;
    }

    /// <summary>Delivers what waits, one by one, until nothing does or a state is reached.</summary>
    public Stage Settle(Func<bool>? until = null)
    {
        while (until?.Invoke() != true && Lanes.FirstOrDefault() is { } lane) Deliver(lane);
        return this;
    }

    public Stage Reach(HandoffStep step)
    {
        Settle(() => At == step);
        At.ShouldBe(step);
        return this;
    }

    public void Deliver(string lane) => Step(_lanes[lane].Dequeue());

    public void Pass(TimeSpan time)
    {
        // In steps, as the shell ticks.
        for (var end = Now + time; Now < end;)
        {
            Now = Instant.Min(Now + TimeSpan.FromMilliseconds(500), end);
            Step(new SupervisorInput.Tick());
        }
    }

    /// <summary>SIGKILL of a process.</summary>
    public void Kill(Actor actor)
    {
        if (!actor.Lives) return;
        actor.Lives = false;
        actor.HasData = false;
        if (_isIncumbentCut && Actors.Find(other => other.Lives) is { } left) left.HasData = true;
        Exit(actor, 137);
    }

    /// <summary>The stream to the incumbent breaks; it takes its data back as soon as nobody else has it.</summary>
    public void CutIncumbent()
    {
        (_called, _isIncumbentCut) = (null, true);
        Step(new SupervisorInput.LinkLost(Peer.Incumbent, "cut"));
    }

    /// <summary>The supervisor itself gets no time; then it looks at the clock first.</summary>
    public void Stall(TimeSpan time)
    {
        Now += time;
        Step(new SupervisorInput.Tick());
    }

    /// <summary>The supervisor dies and another begins; both processes notice the end of their streams.</summary>
    public void Restart()
    {
        _lanes.Clear();
        Done.Add("-- the supervisor died");
        foreach (var actor in Actors.Where(actor => actor.Lives && !actor.HasData && !actor.SaidReady).ToList())
        {
            // A successor that has not said Ready ends; an incumbent that had sealed tries for its data again.
            if (actor != Actors[0]) actor.Lives = false;
        }

        var incumbent = Actors[0];
        if (incumbent.Lives && !Actors.Exists(actor => actor.Lives && actor.HasData)) incumbent.HasData = true;
        Supervisor = new Supervisor(new DaemonRules(true, false), _options);
        var journal = Disk!;
        Step(new SupervisorInput.Begin(journal, IsAlive(journal.Process), IsAlive(journal.Handoff?.Successor)));
    }

    public void Step(SupervisorInput input)
    {
        if (input is SupervisorInput.Heard { Message: HandoffMessage.Ready }) _readyAt = Now;
        var output = Supervisor.Step(input, Now);
        if (output.Store is { } journal) Keep(journal);
        foreach (var effect in output.Effects) Play(effect);
        Answer = output.Answer ?? Answer;
        Actors.Count(actor => actor.Lives && actor.HasData).ShouldBeLessThanOrEqualTo(1);
    }

    private bool IsAlive(DaemonProcess? process) =>
        Actors.Exists(actor => actor.Identity == process && actor.Lives);

    private void Keep(DaemonJournal journal)
    {
        Done.Add($"store {journal.Handoff?.Step.ToString() ?? (journal.Process is null ? "nobody" : "serving")}");
        if (DiskFails)
        {
            Put("disk", new SupervisorInput.StoreFailed("no space"));
            return;
        }

        Disk = journal;
        _isCommitRecorded |= journal.Handoff?.Step == HandoffStep.Committed;
        Put("disk", new SupervisorInput.Stored());
    }

    private void Play(SupervisorEffect effect)
    {
        switch (effect)
        {
            case SupervisorEffect.Spawn spawn:
                Done.Add($"spawn {spawn.Role} {spawn.Build}");
                Spawn(spawn);
                break;
            case SupervisorEffect.End end:
                Done.Add($"{(end.Kill ? "kill" : "end")} {end.Process.Build}");
                Kill(Actors.Single(actor => actor.Identity == end.Process));
                break;
            case SupervisorEffect.Connect:
                _called = Actors.Find(actor => actor.HasData) ?? Actors.Find(actor => actor.Lives);
                if (_called is not null) Put("incumbent", Hello(Peer.Incumbent, _called));
                else Put("incumbent", new SupervisorInput.LinkLost(Peer.Incumbent, "nobody answers"));
                break;
            case SupervisorEffect.Send { Message: HandoffMessage.Heartbeat } beat:
                if (beat.To == Peer.Successor) BeatenAt = Now;
                break;
            case SupervisorEffect.Send send:
                Done.Add($"{send.Message.GetType().Name} to {send.To}");
                if (send.To == Peer.Incumbent) ToIncumbent(send.Message);
                else ToSuccessor(send.Message);
                break;
            case SupervisorEffect.RaiseEpoch raise:
                Done.Add("raise epoch");
                RaiseEpoch(raise.Question);
                break;
            case SupervisorEffect.Probe:
                var serving = Actors.Find(actor => actor.Lives && actor.HasData);
                Put("probe", new SupervisorInput.Probed(serving?.Identity.Pid));
                break;
            case SupervisorEffect.Announce { Notice: { IsEvent: true } notice }:
                Done.Add($"announce {notice.Outcome}");
                break;
            default:
                PlayAgent(effect);
                break;
        }
    }

    private void PlayAgent(SupervisorEffect effect)
    {
        switch (effect)
        {
            case SupervisorEffect.PlanSilence:
                Done.Add("plan silence");
                Put("agent", new SupervisorInput.SilencePlanned(true));
                break;
            case SupervisorEffect.EndSilence:
                Done.Add("end silence");
                break;
            case SupervisorEffect.Forget:
                Done.Add("forget");
                Put("agent", new SupervisorInput.Forgotten());
                break;
            case SupervisorEffect.Watch watch:
                Done.Add($"watch {watch.Process.Build}");
                break;
            default:
                break;
        }
    }

    private void Spawn(SupervisorEffect.Spawn spawn)
    {
        var actor = new Actor(new DaemonProcess(++_pid, 1, spawn.Build));
        if (spawn.Role == Peer.Incumbent)
        {
            Actors.ShouldAllBe(other => !other.HasData);
            actor.HasData = true;
            actor.Epoch = Epoch;
        }

        Actors.Add(actor);
        Put("process", new SupervisorInput.Spawned(spawn.Role, actor.Identity));
        if (spawn.Role == Peer.Successor) Put("process", Hello(Peer.Successor, actor));
    }

    private void RaiseEpoch(int question)
    {
        if (DirectoryAway is { } why) Put("epoch", new SupervisorInput.EpochFailed(question, why, HasOldEpoch));
        else Put("epoch", new SupervisorInput.EpochRaised(question, new Epoch(new Token(++Epoch), 1)));
    }

    // Told before everything else that waits, but never before the start of the same process.
    private void Exit(Actor actor, int code) => Put(
        _lanes.TryGetValue("process", out var starts) && starts.Count > 0 ? "process" : "a process ends",
        new SupervisorInput.Exited(actor.Identity, code));

    private void Put(string lane, SupervisorInput input)
    {
        if (!_lanes.TryGetValue(lane, out var queue)) _lanes[lane] = queue = new Queue<SupervisorInput>();
        queue.Enqueue(input);
    }
}
