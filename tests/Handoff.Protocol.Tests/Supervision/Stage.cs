using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

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
    private readonly DaemonRules _rules;
    private bool _isCommitRecorded;
    private Instant _readyAt;

    public Stage(bool isFenced = true, bool mayGoUnfenced = false)
    {
        _rules = new DaemonRules(isFenced, mayGoUnfenced);
        Supervisor = new Supervisor(_rules, _options);
    }

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

    /// <summary>Whether a seal never ends, whatever is said.</summary>
    public bool SealHangs { get; set; }

    /// <summary>A deliberate fault: what the supervisor says is changed before anybody hears it.</summary>
    public Func<Stage, SupervisorOutput, SupervisorOutput>? Fault { get; init; }

    public IEnumerable<string> Lanes => _lanes.Where(lane => lane.Value.Count > 0).Select(lane => lane.Key);

    public Actor Serving => Actors.Single(actor => actor.Lives && actor.HasData);

    public HandoffStep? At => Supervisor.State is DaemonState.Handing { Course.Step: var step } ? step : null;

    public bool IsServing => Supervisor.State is DaemonState.Serving { IsUp: true };

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

    /// <summary>The same with time for what is tried again.</summary>
    public Stage SettleInTime(TimeSpan? time = null)
    {
        Settle();
        Pass(time ?? TimeSpan.FromSeconds(1));
        return Settle();
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
            LookAround();
            Step(new SupervisorInput.Tick());
        }
    }

    /// <summary>SIGKILL of a process.</summary>
    public void Kill(Actor actor) => End(actor, 137);

    /// <summary>A live stream breaks: first the process notices, then the supervisor.</summary>
    public void Cut(Peer peer)
    {
        if (!IsLinked(peer)) return;
        Hang(peer);
        Put(LaneOf(peer), new SupervisorInput.LinkLost(peer, "cut"));
    }

    /// <summary>The stream to the incumbent breaks, and the supervisor hears of it before all else.</summary>
    public void CutIncumbent()
    {
        Hang(Peer.Incumbent);
        Step(new SupervisorInput.LinkLost(Peer.Incumbent, "cut"));
    }

    /// <summary>
    /// The supervisor itself gets no time, so that both processes leave it; then it looks at the clock first.
    /// </summary>
    public void Stall(TimeSpan time)
    {
        Now += time;
        Cut(Peer.Successor);
        Cut(Peer.Incumbent);
        Step(new SupervisorInput.Tick());
    }

    /// <summary>The supervisor dies and another begins; both processes notice the end of their streams.</summary>
    /// <param name="lingers">Whether what ends by itself then does so after the next supervisor has begun.</param>
    public void Restart(bool lingers = false)
    {
        _lanes.Clear();
        Done.Add("-- the supervisor died");
        var journal = Disk ?? new DaemonJournal { Build = Old };
        if (!lingers) HangAll();
        Supervisor = new Supervisor(_rules, _options);

        // A process that was started and not recorded is found by the path that it serves, as the shell does it.
        if (!IsAlive(journal.Process) && !IsAlive(journal.Handoff?.Successor) && _path is { Lives: true } found)
            journal = journal.Adopt(found.Identity);
        Step(new SupervisorInput.Begin(journal, IsAlive(journal.Process), IsAlive(journal.Handoff?.Successor)));
        if (lingers) HangAll();
    }

    public void Step(SupervisorInput input)
    {
        if (input is SupervisorInput.Heard { Message: HandoffMessage.Ready }) _readyAt = Now;
        var output = Supervisor.Step(input, Now);
        if (Fault is { } fault) output = fault(this, output);
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
