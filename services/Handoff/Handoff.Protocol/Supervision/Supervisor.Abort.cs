using Holdfast.Handoff.Wire;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>
/// The way back. The successor is gone before the incumbent is told to resume, so that at no time two processes can
/// have the data; and the epoch is raised between the two, so that nothing the successor sent is taken afterwards.
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
        var aborting = course.At(HandoffStep.Aborting, _now) with
        {
            AbortedAt = course.Step,
            Reason = reason,
            ReadyAt = null,
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
        if (course.EpochTouched && course.IncumbentLives) Do(new SupervisorEffect.RaiseEpoch());
        else Resume(course);
    }

    private void Resume(HandoffCourse course)
    {
        if (course.IncumbentLives && course.IncumbentLinked)
            Do(ToIncumbent(new HandoffMessage.ResumeAfterAbort(course.Id)));
        Aborted(course with { Pause = _now - course.QuietSince!.Value });
    }

    private void Aborted(HandoffCourse course)
    {
        Do(new SupervisorEffect.Close(Peer.Incumbent));
        Do(new SupervisorEffect.Announce(new HandoffNotice(course, HandoffOutcome.Aborted, IsEvent: true)));
        if (!course.IncumbentLives)
        {
            // Still within its planned silence; the new process ends that, or the agent tells at its end.
            StartCold(course.Incumbent.Build, 0);
            return;
        }

        Do(new SupervisorEffect.EndSilence());
        State = new DaemonState.Serving(course.Incumbent, 0, _now);
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
