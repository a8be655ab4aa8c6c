
namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>Start, end, start again, and the ordered stop.</summary>
public sealed partial class Supervisor
{
    private void Begin(SupervisorInput.Begin begin)
    {
        var journal = begin.Journal;
        _build = journal.Build;
        if (journal.Handoff is { } handoff)
        {
            var successor = begin.SuccessorLives ? handoff.Successor : null;
            Recover(handoff, journal.Process, begin.ProcessLives, successor);
        }
        else if (journal.Process is { } process && begin.ProcessLives)
        {
            Do(new SupervisorEffect.Note($"Process {process.Pid} still serves and is taken on"));
            Serve(process, 0);
        }
        else
        {
            StartCold(_build, 0);
        }
    }

    private void TakeAlone(SupervisorInput input)
    {
        switch (State, input)
        {
            case (DaemonState.Claiming claiming, SupervisorInput.EpochRaised):
                Spawn(claiming.Build, claiming.Failures);
                break;
            case (DaemonState.Claiming claiming, SupervisorInput.EpochFailed failed) when
                failed.HasOld || rules.MayGoUnfenced:
                // Nobody but this supervisor raises the epoch, and the last process that had it is gone.
                Do(new SupervisorEffect.Note($"Started without a newer epoch: {failed.Reason}"));
                Spawn(claiming.Build, claiming.Failures);
                break;
            case (DaemonState.Claiming claiming, SupervisorInput.EpochFailed failed):
                Do(new SupervisorEffect.Note($"Not started, as it has no epoch: {failed.Reason}"));
                Wait(claiming.Build, claiming.Failures, options.PauseAfter(1));
                break;
            case (DaemonState.Starting { IsUnwanted: true } or DaemonState.Stopping, _):
                TakeStopping(input);
                break;
            case (DaemonState.Starting starting, SupervisorInput.Spawned { Role: Peer.Incumbent } spawned):
                Serve(spawned.Process, starting.Failures);
                break;
            case (DaemonState.Starting starting, SupervisorInput.SpawnFailed { Role: Peer.Incumbent } failed):
                Do(new SupervisorEffect.Note($"Not started: {failed.Reason}"));
                Wait(starting.Build, starting.Failures + 1, options.PauseAfter(starting.Failures + 1));
                break;
            case (_, SupervisorInput.Spawned { Role: Peer.Incumbent } spawned):
                // Stopped while the start was under way.
                Do(new SupervisorEffect.End(spawned.Process, Kill: true));
                break;
            case (DaemonState.Serving { IsUp: false } started, SupervisorInput.Probed probed) when
                probed.Pid == started.Process.Pid:
                Note($"Process {started.Process.Pid} serves");
                State = started with { IsUp = true };
                break;
            case (DaemonState.Serving serving, SupervisorInput.Exited exited) when exited.Process == serving.Process:
                Ended(serving, exited.ExitCode);
                break;
            default:
                break; // The late answer to something that nobody waits for any more.
        }
    }

    private void TakeStopping(SupervisorInput input)
    {
        switch (State, input)
        {
            case (DaemonState.Starting, SupervisorInput.Spawned { Process: var unwanted }):
                Do(new SupervisorEffect.End(unwanted, Kill: true));
                State = new DaemonState.Stopping(unwanted, _now, IsTold: true, IsKilled: true);
                break;
            case (DaemonState.Starting, SupervisorInput.SpawnFailed):
                State = new DaemonState.Stopped();
                break;
            case (DaemonState.Stopping { IsTold: false } stopping, SupervisorInput.Forgotten):
                Tell(stopping);
                break;
            case (DaemonState.Stopping stopping, SupervisorInput.Exited exited) when exited.Process == stopping.Process:
                State = new DaemonState.Stopped();
                Store(Journal(null, null), isVital: false, () => { });
                break;
            case (_, SupervisorInput.Spawned { Process: var late }):
                Do(new SupervisorEffect.End(late, Kill: true));
                break;
            default:
                break; // Late, as above.
        }
    }

    private void StartCold(BuildName build, int failures)
    {
        _build = build;
        if (rules.IsFenced)
        {
            State = new DaemonState.Claiming(build, failures, _now);
            AskEpoch();
        }
        else
        {
            Spawn(build, failures);
        }
    }

    private void Spawn(BuildName build, int failures)
    {
        State = new DaemonState.Starting(build, failures);
        Do(new SupervisorEffect.Spawn(Peer.Incumbent, build));
    }

    private void Wait(BuildName build, int failures, TimeSpan pause) =>
        State = new DaemonState.Waiting(build, failures, _now + pause);

    private void Serve(DaemonProcess process, int failures)
    {
        _build = process.Build;
        State = new DaemonState.Serving(process, failures, _now, IsUp: false);
        Do(new SupervisorEffect.Watch(process));
        AskWhoServes();
        Store(Journal(process, null), isVital: false, () => { });
    }

    private void Ended(DaemonState.Serving serving, int? exitCode)
    {
        var failures = _now - serving.Since > options.RestartMax ? 1 : serving.Failures + 1;
        var pause = options.PauseAfter(failures);
        Do(new SupervisorEffect.Note(
            $"Process {serving.Process.Pid} ended by itself with {exitCode?.ToString() ?? "an unknown code"}; " +
            $"started again in {pause}"));
        Wait(serving.Process.Build, failures, pause);
    }

    private void StopAll()
    {
        DaemonProcess? last = null;
        switch (State)
        {
            case DaemonState.Serving serving:
                last = serving.Process;
                break;
            case DaemonState.Handing { Course: var course }:
                last = StopHanding(course);
                break;
            case DaemonState.Recovering { Incumbent: var incumbent, Successor: var successor }:
                if (incumbent is not null && successor is not null) Do(new SupervisorEffect.End(successor, Kill: true));
                last = incumbent ?? successor;
                break;
            case DaemonState.Starting starting:
                // What was asked for comes yet, and must not outlive this supervisor.
                State = starting with { IsUnwanted = true };
                Do(new SupervisorEffect.Forget());
                return;
            case DaemonState.Stopping:
                return; // Told twice.
            default:
                break;
        }

        Do(new SupervisorEffect.Forget());
        if (last is null)
        {
            State = new DaemonState.Stopped();
            return;
        }

        // The agent sees every end: it must know first that this one is in order.
        State = new DaemonState.Stopping(last, _now, IsTold: false, IsKilled: false);
    }

    private void Tell(DaemonState.Stopping stopping)
    {
        Do(new SupervisorEffect.End(stopping.Process, Kill: false));
        State = stopping with { Since = _now, IsTold = true };
    }

    private DaemonProcess? StopHanding(HandoffCourse course)
    {
        var isCommitted = course.Step == HandoffStep.Committed;
        var (stays, goes) = isCommitted
            ? (course.Successor, course.IncumbentLives ? course.Incumbent : null)
            : (course.IncumbentLives ? course.Incumbent : null, course.Successor);
        if (goes is not null) Do(new SupervisorEffect.End(goes, Kill: true));
        Do(new SupervisorEffect.Close(Peer.Successor));
        Do(new SupervisorEffect.Close(Peer.Incumbent));
        if (isCommitted) return stays;
        var aborted = course with { AbortedAt = course.LastStep, Reason = course.Reason ?? "the supervisor stops" };
        Do(new SupervisorEffect.Announce(new HandoffNotice(aborted, HandoffOutcome.Aborted, IsEvent: true)));
        return stays;
    }

    private DaemonJournal Journal(DaemonProcess? process, HandoffRecord? handoff) =>
        new() { Build = _build, Process = process, Handoff = handoff };
}
