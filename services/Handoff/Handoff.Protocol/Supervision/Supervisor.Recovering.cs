namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>
/// What an earlier life of this supervisor left under way. Its end was noticed by both processes: a successor that had
/// said Ready has taken it for Commit, one that had not has ended; an incumbent tries for its data until it has it or
/// another process answers on the control path. So before Ready everything goes back, after Commit everything goes
/// forward, and in between whoever answers on the control path tells which it is.
/// </summary>
public sealed partial class Supervisor
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(250);

    private void Recover(HandoffRecord handoff, DaemonProcess? incumbent, bool incumbentLives, DaemonProcess? successor)
    {
        Note($"Handoff {handoff.Id} was at {handoff.Step} when the last supervisor ended");
        var known = incumbent ?? new DaemonProcess(0, 0, _build);
        State = new DaemonState.Recovering(handoff, known, incumbentLives ? incumbent : null, successor, _now);
        if (handoff.Step == HandoffStep.Committed)
        {
            GoForward();
            return;
        }

        if (successor is null) GoBack();
        else if (handoff.Step != HandoffStep.AwaitingReady) Do(new SupervisorEffect.End(successor, Kill: true));
    }

    private void TakeRecovering(DaemonState.Recovering recovering, SupervisorInput input)
    {
        switch (input)
        {
            case SupervisorInput.Probed { Pid: { } pid } when pid == recovering.Successor?.Pid:
                GoForward();
                break;
            case SupervisorInput.Exited exited when exited.Process == recovering.Successor:
                State = recovering with { Successor = null };
                GoBack();
                break;
            case SupervisorInput.Exited exited when exited.Process == recovering.Incumbent:
                State = recovering with { Incumbent = null };
                break;
            default:
                break; // The incumbent answers in every step, which says nothing; all else is late.
        }
    }

    private void LookAtRecovering(DaemonState.Recovering recovering)
    {
        if (recovering.Successor is not { } successor) return;
        if (_now - recovering.Since > options.Liveness * 2)
        {
            Do(new SupervisorEffect.End(successor, Kill: true));
            State = recovering with { Since = _now };
        }
        else if (_now >= _nextProbe)
        {
            AskWhoServes();
        }
    }

    private void GoForward()
    {
        var (handoff, known, incumbent, successor, _) = (DaemonState.Recovering)State;
        _build = handoff.Successor!.Build;
        var course = CourseOf(handoff, known, successor, HandoffStep.Committed) with
        {
            IncumbentLives = incumbent is not null,
        };
        if (successor is null)
        {
            Stay(course with { Successor = handoff.Successor });
            SuccessorEndedLate(course, "ended");
            return;
        }

        Stay(course);
        Do(new SupervisorEffect.Watch(successor));
        Do(new SupervisorEffect.Announce(new HandoffNotice(course, HandoffOutcome.Committed, IsEvent: true)));
        if (incumbent is null) Finish(course);
    }

    private void GoBack()
    {
        var (handoff, known, incumbent, _, _) = (DaemonState.Recovering)State;
        var course = CourseOf(handoff, known, null, HandoffStep.Aborting) with
        {
            IncumbentLives = incumbent is not null,
            AbortedAt = handoff.Step,
            Reason = handoff.Reason ?? "the supervisor ended",
        };
        if (incumbent is not null) Do(new SupervisorEffect.Watch(incumbent));

        // The epoch file may name the successor's; then the incumbent gets a newer one, and is told.
        Stay(course);
        SuccessorGone(course);
    }

    private HandoffCourse CourseOf(
        HandoffRecord handoff, DaemonProcess incumbent, DaemonProcess? successor, HandoffStep step) => new()
        {
            Id = handoff.Id,
            SuccessorBuild = handoff.Successor?.Build ?? _build,
            Incumbent = incumbent,
            Successor = successor,
            Step = step,
            StartedAt = _now,
            StepSince = _now,
            HeardAt = _now,
            Seal = handoff.Seal,
            Fingerprint = handoff.Fingerprint,
            EpochTouched = handoff.EpochTouched && rules.IsFenced,
        };
}
