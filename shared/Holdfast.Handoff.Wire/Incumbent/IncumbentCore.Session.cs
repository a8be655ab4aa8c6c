using Holdfast.Primitives;

namespace Holdfast.Handoff.Wire;

// The supervisor's connection: one at a time, and what may be said on it when.
public sealed partial class IncumbentCore
{
    private static readonly TimeSpan DeadlineMax = TimeSpan.FromDays(1);

    private SupervisorSession? _session;
    private Instant _beatAt;

    private void Greet(int session)
    {
        if (_session is { } other)
        {
            if (IsHandingOver)
            {
                Do(new IncumbentOutput.Close(session, "a handoff is under way on another connection"));
                return;
            }

            // Nothing was begun there: a newer supervisor is more likely to be alive than a silent older one.
            Do(new IncumbentOutput.Close(other.Number, "another supervisor connected"));
        }

        _session = new SupervisorSession(session, _now);
        if (!IsOnItsWayBack) SayHello();
    }

    /// <summary>
    /// Whether a handoff was given up and it does not serve again yet. Who calls now is greeted when it does, so that a
    /// greeting after an abort means what it means after a start: whoever hangs on its way is found out by silence.
    /// </summary>
    private bool IsOnItsWayBack => Phase is IncumbentPhase.Sealing { Abandoned: true } or IncumbentPhase.Fencing
        or IncumbentPhase.Resuming || (Phase is IncumbentPhase.Locking && _handoff is { IsAborted: true });

    /// <summary>Greets the supervisor that waits for it, if there is one.</summary>
    private void SayHello()
    {
        if (_session is not { IsGreeted: false } session) return;
        _session = session with { IsGreeted = true, HeardAt = _now };
        Do(new IncumbentOutput.Send(session.Number, self.Hello(HandoffRole.Incumbent)));
    }

    /// <summary>Whether a handoff was begun and is not over.</summary>
    private bool IsHandingOver => Phase is IncumbentPhase.Draining or IncumbentPhase.Drained
        or IncumbentPhase.Sealing { Abandoned: false } or IncumbentPhase.Sealed;

    private void Hear(SupervisorSession session, HandoffFrame frame)
    {
        if (session.Version is { } version && frame.Version != version)
        {
            Refuse($"version {frame.Version} was spoken after {version} was chosen");
            return;
        }

        var beats = session.Beats || frame.Message is HandoffMessage.Heartbeat;
        _session = session = session with { HeardAt = _now, Beats = beats };
        switch (frame.Message)
        {
            case HandoffMessage.Heartbeat:
                break;
            case HandoffMessage.HelloAck ack when session.Handoff is null:
                Acknowledge(session, ack);
                break;
            case HandoffMessage.PrepareHandoff prepare when IsOurs(prepare.Handoff):
                Prepare(prepare);
                break;
            case HandoffMessage.SealRequest seal when IsOurs(seal.Handoff):
                HandleSealRequest();
                break;
            case HandoffMessage.Commit commit when IsOurs(commit.Handoff):
                Commit();
                break;
            case HandoffMessage.Abort abort when IsOurs(abort.Handoff):
                Abort(abort.Reason, isFenceRaised: false);
                break;
            case HandoffMessage.ResumeAfterAbort resume when IsOurs(resume.Handoff):
                Abort("the supervisor says resume", isFenceRaised: true);
                break;
            default:
                Refuse($"{frame.Message.GetType().Name} is not expected here, or not of this handoff");
                break;
        }
    }

    /// <summary>Whether it is the handoff that the greeting named.</summary>
    private bool IsOurs(HandoffId handoff) => _session?.Handoff == handoff;

    private void Acknowledge(SupervisorSession session, HandoffMessage.HelloAck ack)
    {
        if (ack.Version is < HandoffCodec.VersionMin or > HandoffCodec.VersionMax)
        {
            Refuse($"version {ack.Version} is not spoken here");
            return;
        }

        _session = session with { Version = ack.Version, Handoff = ack.Handoff };
        Note(DaemonStep.Greeted, $"handoff {ack.Handoff}");
    }

    private void Prepare(HandoffMessage.PrepareHandoff prepare)
    {
        switch (Phase)
        {
            case IncumbentPhase.Serving when _handoff?.Id != prepare.Handoff:
                var deadline = Span(prepare.DeadlineMs);
                var grace = TimeSpan.FromTicks(Math.Min(Span(prepare.DrainGraceMs).Ticks, deadline.Ticks));
                _handoff = new Handoff(prepare.Handoff, _now + deadline + timings.Slack);
                _beatAt = _now + timings.Heartbeat;
                Phase = new IncumbentPhase.Draining();
                Note(DaemonStep.Prepared, $"deadline {deadline}, grace {grace}, successor {prepare.SuccessorPid}");
                Do(new IncumbentOutput.Drain(grace));
                break;
            case IncumbentPhase.Draining:
                break; // A repeat: the draining it asked for goes on.
            case IncumbentPhase.Drained drained:
                Answer(drained.Answer); // A repeat, whose first answer may be lost.
                break;
            default:
                Refuse("this handoff is over or further on, it is not prepared again");
                break;
        }
    }

    private void HandleSealRequest()
    {
        switch (Phase)
        {
            case IncumbentPhase.Drained:
                Invariant.Holds(_handoff is not null);
                Phase = new IncumbentPhase.Sealing(Abandoned: false);
                Do(new IncumbentOutput.Seal(_handoff.Id));
                break;
            case IncumbentPhase.Sealing { Abandoned: false }:
                break; // A repeat: the sealing it asked for goes on.
            case IncumbentPhase.Sealed done:
                Answer(done.Answer); // A repeat, whose first answer may be lost.
                break;
            default:
                Refuse("a seal was asked for before the draining was done");
                break;
        }
    }

    private void Commit()
    {
        // Without the lock and without a word of an abort, whoever says Commit for this handoff knows of a successor.
        if (Phase is IncumbentPhase.Sealed or IncumbentPhase.Locking && _handoff is { IsAborted: false } handoff &&
            IsOurs(handoff.Id))
        {
            Note(DaemonStep.Committed, "");
            BecomeEnded(IncumbentEnd.Committed);
            return;
        }

        Refuse("a commit came before the seal or after an abort");
    }

    /// <summary>Whom it cannot follow it leaves, and serves on.</summary>
    private void Refuse(string why)
    {
        if (_session is { } session) Do(new IncumbentOutput.Close(session.Number, why));
        Note(DaemonStep.Refused, why);
        LoseSession(why);
    }

    private void WatchSession()
    {
        if (_session is not { IsGreeted: true } session) return;
        var silence = _now - session.HeardAt;
        if (session.Handoff is null)
        {
            if (silence >= timings.HelloTimeout) Leave(session, "the greeting was not answered");
        }
        else if (session.Beats ? silence >= timings.Liveness : !IsHandingOver && silence >= timings.BeginTimeout)
        {
            Leave(session, $"the supervisor was silent for {silence}");
        }
        else if (IsHandingOver && _handoff is { } handoff && _now >= handoff.Deadline)
        {
            Leave(session, "the deadline of the handoff passed");
        }
    }

    private void Leave(SupervisorSession session, string why)
    {
        Do(new IncumbentOutput.Close(session.Number, why));
        LoseSession(why);
    }

    private void LoseSession(string why)
    {
        _session = null;
        if (Phase is IncumbentPhase.Serving) return;
        Note(DaemonStep.SupervisorLost, why);
        TakeBack(isFenceRaised: false);
    }

    private void Beat()
    {
        if (Phase is not (IncumbentPhase.Draining or IncumbentPhase.Sealing) || _now < _beatAt) return;
        _beatAt = _now + timings.Heartbeat;
        Answer(new HandoffMessage.Heartbeat((ulong)(_now - Instant.Zero).TotalMilliseconds));
    }

    private void Answer(HandoffMessage message)
    {
        if (_session is { IsGreeted: true } session) Do(new IncumbentOutput.Send(session.Number, message));
    }

    /// <summary>Any number of milliseconds that a stranger names, kept within what adds up.</summary>
    private static TimeSpan Span(ulong milliseconds) =>
        milliseconds >= (ulong)DeadlineMax.TotalMilliseconds ? DeadlineMax : TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>A supervisor that connected.</summary>
    private sealed record SupervisorSession(int Number, Instant HeardAt)
    {
        /// <summary>Whether Hello was said.</summary>
        public bool IsGreeted { get; init; }

        /// <summary>The version chosen; null before the greeting is answered.</summary>
        public ushort? Version { get; init; }

        /// <summary>The handoff that the session is about; null before the greeting is answered.</summary>
        public HandoffId? Handoff { get; init; }

        /// <summary>Whether it sends heartbeats, so that silence means something.</summary>
        public bool Beats { get; init; }
    }
}
