using Holdfast.Handoff.Wire;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>
/// The way back. The successor is gone before the incumbent is told to resume, so that at no time two processes can
/// have the data; and the epoch is raised between the two, so that nothing the successor sent is taken afterwards.
/// It is over when the incumbent was seen to serve: it greets again only then. One that does not is started anew.
/// </summary>
public sealed partial class Supervisor
{
    private void Answer(SupervisorInput.AbortWanted wanted)
    {
        if (State is not DaemonState.Handing { Course: var course })
        {
            _answer = new RequestAnswer("noHandoff", "No handoff is under way.", null);
        }
        else if (course.Step == HandoffStep.Committed || course.ReadyAt is not null)
        {
            _answer = new RequestAnswer("tooLate", $"Handoff {course.Id} is committed.", course.Id);
        }
        else
        {
            _answer = new RequestAnswer(null, $"Handoff {course.Id} is aborted.", course.Id);
            if (course.Step == HandoffStep.Aborting) return;
            if (IsStoring) _abortWanted = wanted.Reason;
            else Abort(wanted.Reason);
        }
    }

    private void Abort(string reason)
    {
        var course = ((DaemonState.Handing)State).Course;
        Invariant.Holds(course.Step is not (HandoffStep.Committed or HandoffStep.Aborting));
        _abortWanted = null;
        if (course is { IsStalled: true, Successor: not null })
        {
            // It may have served for a while, with writes that were acknowledged: asked before it is ended.
            if (course.Doubt is null) AskWhoServes();
            Stay(course with { Doubt = reason });
            return;
        }

        _epochQuestion++; // What was asked for the successor is no answer for the incumbent.
        var aborting = course.At(HandoffStep.Aborting, _now) with
        {
            AbortedAt = course.Step,
            Reason = reason,
            ReadyAt = null,
            Doubt = null,
            SuccessorLinked = false,
        };
        if (course.SuccessorLinked)
            Do(new SupervisorEffect.Send(Peer.Successor, new HandoffMessage.Abort(course.Id, reason)));
        Do(new SupervisorEffect.Close(Peer.Successor));
        if (course.Successor is { } successor) Do(new SupervisorEffect.End(successor, Kill: true));
        if (course.QuietSince is null)
        {
            // The incumbent was asked for nothing yet, and the successor had nothing.
            Aborted(aborting with { Successor = null });
            return;
        }

        Go(aborting);
        Store(
            Journal(course.Incumbent, RecordOf(aborting)),
            isVital: false,
            () => SuccessorGone(((DaemonState.Handing)State).Course));
    }

    /// <summary>Goes on with the abort as soon as the successor is gone.</summary>
    private void SuccessorGone(HandoffCourse course)
    {
        if (course.Successor is not null) return;
        if (!course.EpochTouched || !course.IncumbentLives)
        {
            Resume(course);
            return;
        }

        Stay(course with { StepSince = _now });
        AskEpoch();
    }

    private void Resume(HandoffCourse course)
    {
        Invariant.Holds(course.Successor is null);
        if (!course.IncumbentLives)
        {
            Aborted(course);
            return;
        }

        // One whose stream broke is on its way back by itself, but only this supervisor tells it of a newer epoch.
        if (course.IncumbentLinked) Do(ToIncumbent(new HandoffMessage.ResumeAfterAbort(course.Id)));
        Stay(course with
        {
            IsTold = course.IncumbentLinked,
            IncumbentLinked = false,
            IsCalling = true,
            StepSince = _now,
        });
        Do(new SupervisorEffect.Connect());
    }

    private void HearCalled(HandoffCourse course, HandoffMessage.Hello hello)
    {
        if (Problem(hello, HandoffRole.Incumbent, course.Incumbent) is { } problem)
        {
            Note($"Whoever answers on the control path is not the incumbent: {problem}");
            Do(new SupervisorEffect.Close(Peer.Incumbent));
            Stay(course with { CallAgainAt = _now + ProbeInterval });
            return;
        }

        // Said again also to one that was told: a stream that broke may have lost it.
        Acknowledge(hello, Peer.Incumbent, course);
        Do(ToIncumbent(new HandoffMessage.ResumeAfterAbort(course.Id)));
        if (course.IsTold)
        {
            Aborted(course);
            return;
        }

        // Before it was told it greets also while it only tries for its data.
        Do(new SupervisorEffect.Close(Peer.Incumbent));
        Stay(course with { IsTold = true, CallAgainAt = _now + ProbeInterval });
    }

    private void LookAtAborting(HandoffCourse course)
    {
        // A killed process that is not gone yet is waited for: two must never have the data.
        if (course.Successor is not null) return;
        var took = _now - course.StepSince;
        switch (course.IsCalling)
        {
            case false when took > options.HelloTimeout && course.EpochTouched:
                Note($"The incumbent resumes without a newer epoch: nobody answered within {options.HelloTimeout}");
                _epochQuestion++;
                Resume(course);
                break;
            case true when took > options.ExitGrace:
                if (course.IsIncumbentKilled) break;
                Note($"The incumbent was not seen to serve within {options.ExitGrace}, and is started anew");
                Do(new SupervisorEffect.End(course.Incumbent, Kill: true));
                Stay(course with { IsIncumbentKilled = true });
                break;
            case true when course.CallAgainAt is { } at && _now >= at:
                Stay(course with { CallAgainAt = null });
                Do(new SupervisorEffect.Connect());
                break;
            default:
                break;
        }
    }

    private void Aborted(HandoffCourse course)
    {
        course = course with { Pause = course.QuietSince is { } since ? _now - since : null };
        Do(new SupervisorEffect.Close(Peer.Incumbent));
        Do(new SupervisorEffect.Announce(new HandoffNotice(course, HandoffOutcome.Aborted, IsEvent: true)));
        if (!course.IncumbentLives)
        {
            // Still within its planned silence; the new process ends that, or the agent tells at its end.
            StartCold(course.Incumbent.Build, 0);
            return;
        }

        Do(new SupervisorEffect.EndSilence());
        State = new DaemonState.Serving(course.Incumbent, 0, _now, IsUp: true);
        Store(Journal(course.Incumbent, null), isVital: false, () => { });
    }

    private void Lost(HandoffCourse course, SupervisorInput.LinkLost lost)
    {
        var changed = lost.From == Peer.Incumbent
            ? course with { IncumbentLinked = false }
            : course with { SuccessorLinked = false };
        Stay(changed);
        switch (course.Step, lost.From)
        {
            case (HandoffStep.Aborting, Peer.Incumbent) when course.IsCalling:
                Stay(changed with { CallAgainAt = _now + ProbeInterval });
                break;
            case (HandoffStep.Committed or HandoffStep.Aborting, _):
                break; // Both end by themselves now.
            case (HandoffStep.AwaitingReady, Peer.Incumbent):
                // It tries for its data again; if the successor says Ready, that has it.
                break;
            default:
                Abort($"the {lost.From.ToString().ToLowerInvariant()} was lost: {lost.Reason}");
                break;
        }
    }

    private void ExitedWhileHanding(HandoffCourse course, SupervisorInput.Exited exited)
    {
        var isIncumbent = exited.Process == course.Incumbent;
        if (!isIncumbent && exited.Process != course.Successor) return;
        var changed = isIncumbent
            ? course with { IncumbentLives = false, IncumbentLinked = false }
            : course with { Successor = null, SuccessorLinked = false };
        Stay(changed);
        var words = $"ended with {exited.ExitCode?.ToString() ?? "an unknown code"}";
        switch (course.Step, isIncumbent)
        {
            case (HandoffStep.Committed, true):
                Finish(changed);
                break;
            case (HandoffStep.Committed, false):
                SuccessorEndedLate(course, words);
                break;
            case (HandoffStep.Aborting, true):
                if (course.IsCalling) Aborted(changed);
                break;
            case (HandoffStep.Aborting, false):
                SuccessorGone(changed);
                break;
            case (HandoffStep.RaisingEpoch or HandoffStep.AwaitingReady, true):
                // Sealed is sealed: the successor can have everything.
                Note($"The incumbent {words} after it had sealed");
                break;
            default:
                Abort($"the {(isIncumbent ? "incumbent" : "successor")} {words}");
                break;
        }
    }

    private void SuccessorEndedLate(HandoffCourse course, string words)
    {
        Note($"The successor {words} after the commit; its build is started again");
        Do(new SupervisorEffect.Close(Peer.Incumbent));
        if (course.IncumbentLives) Do(new SupervisorEffect.End(course.Incumbent, Kill: true));
        Wait(course.SuccessorBuild, 1, options.PauseAfter(1));
        Store(Journal(null, null), isVital: false, () => { });
    }

    private void LookAtHanding(HandoffCourse course)
    {
        var stepTook = _now - course.StepSince;
        var isLate = course.QuietSince is { } since && _now - since > options.Deadline;
        switch (course.Step)
        {
            case HandoffStep.Connecting or HandoffStep.Spawning or HandoffStep.Negotiating when
                stepTook > options.HelloTimeout:
                Abort($"nothing came of {course.Step} within {options.HelloTimeout}");
                break;
            case HandoffStep.Draining or HandoffStep.Sealing when _now - course.HeardAt > options.Liveness:
                Abort($"the incumbent said nothing for {options.Liveness}");
                break;
            case HandoffStep.Draining or HandoffStep.Sealing or HandoffStep.RaisingEpoch or HandoffStep.AwaitingReady
                when isLate:
                Abort($"it was not ready within {options.Deadline}");
                break;
            case HandoffStep.AwaitingReady when
                course.ReadyAt is null && _now - course.SuccessorHeardAt > options.Liveness:
                Abort($"the successor said nothing for {options.Liveness}");
                break;
            case HandoffStep.Aborting:
                LookAtAborting(course);
                break;
            case HandoffStep.Committed when stepTook > options.ExitGrace && !course.IsIncumbentKilled:
                Note($"The incumbent had not ended {options.ExitGrace} after the commit and is killed");
                Do(new SupervisorEffect.End(course.Incumbent, Kill: true));
                Stay(course with { IsIncumbentKilled = true });
                break;
            default:
                break;
        }
    }
}
