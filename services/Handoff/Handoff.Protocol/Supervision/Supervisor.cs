using Holdfast.Handoff.Wire;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>How one daemon is treated.</summary>
/// <param name="IsFenced">Whether it has an epoch, raised before every change of the process that serves.</param>
/// <param name="MayGoUnfenced">Whether a handoff goes on when the epoch cannot be raised; else it is aborted.</param>
public sealed record DaemonRules(bool IsFenced, bool MayGoUnfenced);

/// <summary>
/// The supervisor of one daemon. It starts the daemon, starts it again when it ends, and hands it to another build so
/// that the listener never closes and no acknowledged write is lost: the incumbent drains and seals, the successor
/// opens what was sealed, and only a journal that says Committed makes it the one that serves. Before that record
/// everything can be undone, after it everything goes forward, whoever dies in between. At most one process has the
/// data at any time: it is begun with only after it was sealed, and given back only after the successor is gone.
/// </summary>
/// <remarks>
/// While a journal is being written, what comes is kept and looked at afterwards: nothing happens between the wish to
/// record a step and the record.
/// </remarks>
public sealed partial class Supervisor(DaemonRules rules, SupervisionOptions options)
{
    /// <summary>
    /// What a peer may say while a record is written; one that says more is lost. All else that is kept was asked for.
    /// </summary>
    public const int KeptMessagesMax = 256;

    private readonly List<SupervisorEffect> _effects = [];
    private readonly Queue<SupervisorInput> _deferred = new();
    private bool _isProbing;
    private Instant _now;
    private Instant _nextHeartbeat;
    private Instant _nextProbe;
    private DaemonJournal? _store;
    private RequestAnswer? _answer;
    private BuildName _build;
    private string? _abortWanted;

    // The epoch that was asked for last; answers to earlier questions are about nothing any more.
    private int _epochQuestion;

    // Set while a journal is being written: what happens once it is on disk, and whether it must be.
    private Action? _then;
    private bool _isVital;

    // Whether the disk says something older than what is, for it failed; tried again.
    private bool _isOwed;
    private Instant _nextStore;

    /// <summary>How the daemon is.</summary>
    public DaemonState State { get; private set; } = new DaemonState.Unborn();

    /// <summary>Whether a record is being written: nobody can ask for a handoff until it is.</summary>
    public bool IsStoring => _then is not null;

    /// <summary>Takes one input in and answers with what must be done.</summary>
    public SupervisorOutput Step(SupervisorInput input, Instant now)
    {
        Invariant.Holds(now >= _now);
        var isStalled = now - _now > SupervisionOptions.AbortWindow;
        _now = now;
        if (isStalled) Doubt();
        switch (input)
        {
            case SupervisorInput.Tick:
                Beat();
                if (!IsStoring) LookAtTheClock();
                break;
            case SupervisorInput.Stored:
                Release();
                break;
            case SupervisorInput.StoreFailed failed:
                Unstored(failed.Reason);
                break;
            case SupervisorInput.HandoffWanted wanted:
                Answer(wanted);
                break;
            case SupervisorInput.AbortWanted wanted:
                Answer(wanted);
                break;
            case var _ when IsStoring:
                Keep(input);
                break;
            default:
                Take(input);
                break;
        }

        while (!IsStoring && _deferred.TryDequeue(out var kept)) Take(kept);
        var output = new SupervisorOutput { Effects = [.. _effects], Store = _store, Answer = _answer };
        _effects.Clear();
        (_store, _answer) = (null, null);
        return output;
    }

    private void Keep(SupervisorInput input)
    {
        if (input is SupervisorInput.Heard { From: var peer })
        {
            if (_deferred.Any(kept => kept is SupervisorInput.LinkLost lost && lost.From == peer)) return;
            if (_deferred.Count(kept => kept is SupervisorInput.Heard heard && heard.From == peer) == KeptMessagesMax)
            {
                input = new SupervisorInput.LinkLost(
                    peer, $"it said more than {KeptMessagesMax} things while a record was written");
            }
        }

        _deferred.Enqueue(input);
    }

    private void Do(SupervisorEffect effect) => _effects.Add(effect);

    /// <summary>One question at a time: a second call would cut off the first.</summary>
    private void AskWhoServes()
    {
        if (_isProbing) return;
        (_isProbing, _nextProbe) = (true, _now + ProbeInterval);
        Do(new SupervisorEffect.Probe());
    }

    private void AskEpoch() => Do(new SupervisorEffect.RaiseEpoch(++_epochQuestion));

    /// <summary>Records something, then does the rest.</summary>
    /// <param name="journal">What to record.</param>
    /// <param name="isVital">Whether the rest is forbidden when it cannot be recorded.</param>
    /// <param name="then">The rest.</param>
    private void Store(DaemonJournal journal, bool isVital, Action then)
    {
        Invariant.Holds(!IsStoring);
        (_store, _isVital, _then, _isOwed) = (journal, isVital, then, false);
    }

    private void Release()
    {
        Invariant.Holds(IsStoring);
        var then = _then!;
        _then = null;
        if (_abortWanted is { } reason && State is DaemonState.Handing { Course.ReadyAt: null })
        {
            _abortWanted = null;
            Abort(reason);
            return;
        }

        then();
    }

    private void Unstored(string reason)
    {
        Invariant.Holds(IsStoring);
        Do(new SupervisorEffect.Note($"The journal could not be written: {reason}"));
        if (!_isVital || State is not DaemonState.Handing { Course: var course })
        {
            // Done all the same; the disk says something old until it takes the next one.
            (_isOwed, _nextStore) = (true, _now + options.RestartMin);
            Release();
            return;
        }

        // Too long after Ready the successor may have taken the silence for Commit: then it must stay so.
        if (course.ServesAlready || IsLongReady(course))
        {
            Release();
            return;
        }

        _then = null;
        Abort($"journal: {reason}");
    }

    /// <summary>Whether the successor may have taken the silence since its Ready for Commit.</summary>
    private bool IsLongReady(HandoffCourse course) =>
        course.ReadyAt is { } readyAt && _now - readyAt > SupervisionOptions.AbortWindow;

    private void Take(SupervisorInput input)
    {
        if (input is SupervisorInput.Probed) _isProbing = false;
        switch (State, input)
        {
            case (_, SupervisorInput.EpochRaised { Question: var raised }) when raised != _epochQuestion:
            case (_, SupervisorInput.EpochFailed { Question: var failed }) when failed != _epochQuestion:
                break; // The late answer to a question that nobody waits for any more.
            case (DaemonState.Unborn, SupervisorInput.Begin begin):
                Begin(begin);
                break;
            case (not DaemonState.Unborn, SupervisorInput.Begin) or (DaemonState.Unborn, _):
                throw new InvariantViolatedException($"{input} in {State}");
            case (not DaemonState.Stopped, SupervisorInput.Stop):
                StopAll();
                break;
            case (DaemonState.Handing handing, _):
                TakeHanding(handing.Course, input);
                break;
            case (DaemonState.Recovering recovering, _):
                TakeRecovering(recovering, input);
                break;
            case (_, SupervisorInput.Spawned { Role: Peer.Successor, Process: var late }):
                // Asked for by a handoff that was aborted meanwhile.
                Do(new SupervisorEffect.End(late, Kill: true));
                break;
            default:
                TakeAlone(input);
                break;
        }
    }

    private void LookAtTheClock()
    {
        switch (State)
        {
            case DaemonState.Waiting waiting when _now >= waiting.StartAt:
                StartCold(waiting.Build, waiting.Failures);
                break;
            case DaemonState.Claiming claiming when _now - claiming.Since > options.HelloTimeout:
                Note($"Nobody answered within {options.HelloTimeout} whether the epoch is raised; asked again");
                _epochQuestion++;
                Wait(claiming.Build, claiming.Failures, options.PauseAfter(1));
                break;
            case DaemonState.Serving { IsUp: false } when !_isProbing && _now >= _nextProbe:
                AskWhoServes();
                break;
            case DaemonState.Serving serving when _isOwed && _now >= _nextStore:
                Store(Journal(serving.Process, null), isVital: false, () => { });
                break;
            case DaemonState.Handing handing:
                LookAtHanding(handing.Course);
                break;
            case DaemonState.Recovering recovering:
                LookAtRecovering(recovering);
                break;
            case DaemonState.Stopping { IsTold: false } stopping when
                _now - stopping.Since > options.ExitGrace / 2:
                Tell(stopping);
                break;
            case DaemonState.Stopping { IsTold: true, IsKilled: false } stopping
                when _now - stopping.Since > options.ExitGrace:
                Do(new SupervisorEffect.End(stopping.Process, Kill: true));
                State = stopping with { IsKilled = true };
                break;
            default:
                break;
        }
    }

    private void Beat()
    {
        if (State is not DaemonState.Handing { Course: var course } || _now < _nextHeartbeat) return;
        _nextHeartbeat = _now + options.Heartbeat;
        var heartbeat = new HandoffMessage.Heartbeat((ulong)(_now.Ticks / TimeSpan.TicksPerMillisecond));
        if (course.IncumbentLinked) Do(new SupervisorEffect.Send(Peer.Incumbent, heartbeat));

        // A successor that is ready and hears nothing more takes it for Commit: so somebody serves, whatever the disk
        // does.
        if (course.SuccessorLinked && (course.Step == HandoffStep.Committed || !IsLongReady(course)))
            Do(new SupervisorEffect.Send(Peer.Successor, heartbeat));
    }
}
