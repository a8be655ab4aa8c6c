using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Wire;

/// <summary>
/// The new process of a daemon, until it serves. It touches the data only after Begin and only with the lock, and it
/// accepts nobody before Commit. Up to Ready, whatever goes wrong makes it give up, and the incumbent serves again;
/// from Ready on nobody but it can be told to serve, so there the end of the stream and silence mean Commit.
/// </summary>
public sealed class SuccessorCore(ProcessIdentity self, HandoffTimings timings)
{
    private readonly List<SuccessorOutput> _outputs = [];
    private HandoffId? _handoff;
    private ushort? _version;
    private bool _supervisorBeats;
    private bool _isLockAsked;
    private Instant _now;
    private Instant _heardAt;
    private Instant _phaseSince;
    private Instant _beatAt;

    /// <summary>Where it is.</summary>
    public SuccessorPhase Phase { get; private set; } = SuccessorPhase.Greeting;

    /// <summary>The handoff, once it is known.</summary>
    public HandoffId? Current => _handoff;

    /// <summary>Takes one input, and says what to do.</summary>
    public ImmutableArray<SuccessorOutput> Step(SuccessorInput input, Instant now)
    {
        Invariant.Holds(now >= _now);
        _now = now;
        switch (input)
        {
            case SuccessorInput.Started:
                _heardAt = _phaseSince = now;
                Do(new SuccessorOutput.Send(self.Hello(HandoffRole.Successor)));
                break;
            case SuccessorInput.Heard heard:
                Hear(heard.Frame);
                break;
            case SuccessorInput.Garbled garbled:
                End($"what the supervisor sent is no frame: {garbled.Status}");
                break;
            case SuccessorInput.Disconnected:
                End("the connection to the supervisor ended");
                break;
            case SuccessorInput.Tick:
                Pass();
                break;
            default:
                Own(input);
                break;
        }

        ImmutableArray<SuccessorOutput> outputs = [.. _outputs];
        _outputs.Clear();
        return outputs;
    }

    private bool IsOver => Phase is SuccessorPhase.Serving or SuccessorPhase.GivenUp;

    private void Own(SuccessorInput input)
    {
        if (input is SuccessorInput.LockTaken or SuccessorInput.LockRefused) _isLockAsked = false;
        switch (Phase, input)
        {
            case (SuccessorPhase.Locking, SuccessorInput.LockTaken):
                Become(SuccessorPhase.Opening);
                Invariant.Holds(_handoff is not null);
                Do(new SuccessorOutput.Open(_handoff.Value));
                break;
            case (SuccessorPhase.Locking, SuccessorInput.LockRefused):
                break; // The next tick tries again.
            case (SuccessorPhase.Opening, SuccessorInput.Opened opened):
                SayReady(opened);
                break;
            case (SuccessorPhase.Opening, SuccessorInput.OpenFailed failed):
                GiveUp($"the data could not be opened: {failed.Error}");
                break;
            case (SuccessorPhase.GivenUp, _):
                break; // What the shell had started still ends.
            default:
                throw new InvariantViolatedException($"{input} in {Phase}");
        }
    }

    private void TakeLock()
    {
        if (_isLockAsked) return;
        _isLockAsked = true;
        Do(new SuccessorOutput.TakeLock());
    }

    private void SayReady(SuccessorInput.Opened opened)
    {
        Invariant.Holds(_handoff is not null);
        Become(opened.IsHealthy ? SuccessorPhase.Ready : SuccessorPhase.ReadyUnwell);
        _heardAt = _now; // Silence counts from here: the supervisor could not know earlier.
        Note(DaemonStep.Ready, $"revisions {opened.Revisions}, healthy {opened.IsHealthy}");
        Do(new SuccessorOutput.Send(new HandoffMessage.Ready(
            _handoff.Value, opened.ListeningOn, opened.IsHealthy, opened.Revisions)));
    }

    private void Hear(HandoffFrame frame)
    {
        if (IsOver) return;
        if (_version is { } version && frame.Version != version)
        {
            End($"version {frame.Version} was spoken after {version} was chosen");
            return;
        }

        _heardAt = _now;
        switch (Phase, frame.Message)
        {
            case (_, HandoffMessage.Heartbeat):
                _supervisorBeats = true;
                break;
            case (SuccessorPhase.Greeting, HandoffMessage.HelloAck ack):
                Acknowledge(ack);
                break;
            case (SuccessorPhase.Waiting, HandoffMessage.Begin begin) when begin.Handoff == _handoff:
                Become(SuccessorPhase.Locking);
                _beatAt = _now + timings.Heartbeat;
                Note(DaemonStep.Begun, "");
                TakeLock();
                break;
            case (not SuccessorPhase.Greeting and not SuccessorPhase.Waiting, HandoffMessage.Begin begin)
                when begin.Handoff == _handoff:
                break; // A repeat: it is at it.
            case (SuccessorPhase.Ready or SuccessorPhase.ReadyUnwell, HandoffMessage.Commit commit)
                when commit.Handoff == _handoff:
                Serve("the supervisor says so");
                break;
            case (not SuccessorPhase.Greeting, HandoffMessage.Abort abort) when abort.Handoff == _handoff:
                Note(DaemonStep.Aborted, abort.Reason);
                GiveUp($"aborted: {abort.Reason}");
                break;
            default:
                End($"{frame.Message.GetType().Name} is not expected while {Phase}, or not of this handoff");
                break;
        }
    }

    private void Acknowledge(HandoffMessage.HelloAck ack)
    {
        if (ack.Version is < HandoffCodec.VersionMin or > HandoffCodec.VersionMax)
        {
            GiveUp($"version {ack.Version} is not spoken here");
            return;
        }

        (_version, _handoff) = (ack.Version, ack.Handoff);
        Become(SuccessorPhase.Waiting);
        Note(DaemonStep.Greeted, "");
    }

    private void Pass()
    {
        var silence = _now - _heardAt;
        switch (Phase)
        {
            case SuccessorPhase.Greeting when silence >= timings.HelloTimeout:
                GiveUp("the greeting was not answered");
                break;
            case SuccessorPhase.Waiting when silence >= (_supervisorBeats ? timings.Liveness : timings.BeginTimeout):
                GiveUp($"the supervisor was silent for {silence}");
                break;
            case SuccessorPhase.Locking when _now - _phaseSince >= timings.LockTimeout:
                GiveUp("the incumbent's lock was not released");
                break;
            case SuccessorPhase.Locking:
                TakeLock();
                break;
            case SuccessorPhase.Ready when silence >= timings.Liveness:
                Serve($"the supervisor was silent for {silence}");
                break;
            case SuccessorPhase.ReadyUnwell when silence >= timings.Liveness:
                GiveUp("not healthy, and nobody said Commit");
                break;
        }

        if (Phase is not (SuccessorPhase.Locking or SuccessorPhase.Opening) || _now < _beatAt) return;
        _beatAt = _now + timings.Heartbeat;
        Do(new SuccessorOutput.Send(new HandoffMessage.Heartbeat((ulong)(_now - Instant.Zero).TotalMilliseconds)));
    }

    /// <summary>The supervisor can say nothing more.</summary>
    private void End(string why)
    {
        if (IsOver) return;
        if (Phase == SuccessorPhase.Ready) Serve(why);
        else GiveUp(why);
    }

    private void Serve(string why)
    {
        Become(SuccessorPhase.Serving);
        Note(DaemonStep.Committed, why);
        Do(new SuccessorOutput.Serve());
    }

    private void GiveUp(string why)
    {
        Become(SuccessorPhase.GivenUp);
        Do(new SuccessorOutput.GiveUp(why));
    }

    private void Become(SuccessorPhase phase) => (Phase, _phaseSince) = (phase, _now);

    private void Do(SuccessorOutput output) => _outputs.Add(output);

    private void Note(DaemonStep step, string detail) => Do(new SuccessorOutput.Note(step, _handoff, detail));
}
