using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>The way forward: from the wish to the successor that serves.</summary>
public sealed partial class Supervisor
{
    private void Answer(SupervisorInput.HandoffWanted wanted)
    {
        if (State is DaemonState.Handing or DaemonState.Recovering)
        {
            var under = State is DaemonState.Handing handing
                ? handing.Course.Id
                : ((DaemonState.Recovering)State).Handoff.Id;
            _answer = new RequestAnswer("handoffInProgress", $"Handoff {under} is under way.", under);
        }
        else if (State is not DaemonState.Serving { IsUp: true } serving || IsStoring)
        {
            _answer = new RequestAnswer("notServing", "The daemon does not serve yet; nobody can hand it over.", null);
        }
        else
        {
            var course = new HandoffCourse
            {
                Id = wanted.Id,
                SuccessorBuild = wanted.Build,
                Incumbent = serving.Process,
                Step = HandoffStep.Connecting,
                StartedAt = _now,
                StepSince = _now,
                HeardAt = _now,
            };
            Go(course);
            Do(new SupervisorEffect.Connect());
            _answer = new RequestAnswer(
                null, $"Process {serving.Process.Pid} is handed to build {wanted.Build}.", wanted.Id);
        }
    }

    private void TakeHanding(HandoffCourse course, SupervisorInput input)
    {
        switch (input)
        {
            case SupervisorInput.Heard { From: Peer.Incumbent } heard:
                HearIncumbent(course with { HeardAt = _now }, heard.Message);
                break;
            case SupervisorInput.Heard heard:
                HearSuccessor(course with { SuccessorHeardAt = _now }, heard.Message);
                break;
            case SupervisorInput.Spawned { Role: Peer.Successor } spawned when course.Step == HandoffStep.Spawning:
                Stay(course with { Successor = spawned.Process });
                break;
            case SupervisorInput.Spawned spawned:
                Do(new SupervisorEffect.End(spawned.Process, Kill: true));
                break;
            case SupervisorInput.SpawnFailed failed when course.Step == HandoffStep.Spawning:
                Abort($"the successor was not started: {failed.Reason}");
                break;
            case SupervisorInput.SilencePlanned planned when course.Step == HandoffStep.Negotiating:
                Prepare(planned.IsKnown ? course : course with { Reason = "the agent was not told of the silence" });
                break;
            case SupervisorInput.EpochRaised raised:
                Raised(course with { Epoch = raised.Epoch }, null);
                break;
            case SupervisorInput.EpochFailed failed:
                Raised(course, failed.Reason);
                break;
            case SupervisorInput.Probed probed when
                course is { Step: HandoffStep.AwaitingReady, Doubt: not null }:
                Decide(course, probed.Pid);
                break;
            case SupervisorInput.LinkLost lost:
                Lost(course, lost);
                break;
            case SupervisorInput.Exited exited:
                ExitedWhileHanding(course, exited);
                break;
            default:
                break; // The late answer to something that nobody waits for any more.
        }
    }

    private void HearIncumbent(HandoffCourse course, HandoffMessage message)
    {
        switch (course.Step, message)
        {
            case (HandoffStep.Connecting, HandoffMessage.Hello hello):
                if (!Greets(hello, HandoffRole.Incumbent, course.Incumbent, Peer.Incumbent, course)) break;
                Go(course.At(HandoffStep.Spawning, _now) with { IncumbentLinked = true });
                Do(new SupervisorEffect.Spawn(Peer.Successor, course.SuccessorBuild));
                break;
            case (HandoffStep.Aborting, HandoffMessage.Hello hello) when course.IsCalling:
                HearCalled(course, hello);
                break;
            case (HandoffStep.Draining, HandoffMessage.Drained drained):
                Note($"Drained, {drained.OpenConnectionsRemaining} connections left");
                Go(course.At(HandoffStep.Sealing, _now));
                Record(() => Do(ToIncumbent(new HandoffMessage.SealRequest(course.Id))));
                break;
            case (HandoffStep.Sealing, HandoffMessage.SealComplete complete) when complete.Handoff == course.Id:
                Sealed(course with { Seal = complete.LastRevisions, Fingerprint = complete.Fingerprint });
                break;
            case (HandoffStep.Sealing, HandoffMessage.SealFailed failed) when failed.Handoff == course.Id:
                Abort($"the incumbent could not seal: {failed.Error}");
                break;
            case (_, HandoffMessage.SealProgress or HandoffMessage.Heartbeat):
                Stay(course);
                break;
            case (HandoffStep.Committed or HandoffStep.Aborting, _):
                break; // It had not heard of it yet.
            default:
                Abort($"the incumbent said {message.GetType().Name} out of order");
                break;
        }
    }

    private void HearSuccessor(HandoffCourse course, HandoffMessage message)
    {
        switch (course.Step, message)
        {
            case (HandoffStep.Spawning, HandoffMessage.Hello hello) when course.Successor is { } successor:
                if (!Greets(hello, HandoffRole.Successor, successor, Peer.Successor, course)) break;
                Go(course.At(HandoffStep.Negotiating, _now) with { SuccessorLinked = true });
                Record(() => Do(new SupervisorEffect.PlanSilence(options.SilenceMax)));
                break;
            case (HandoffStep.AwaitingReady, _) when course.Doubt is not null:
                break; // Who serves is being asked; the answer decides.
            case (HandoffStep.AwaitingReady, HandoffMessage.Ready ready) when ready.Handoff == course.Id:
                Judge(course, ready);
                break;
            case (_, HandoffMessage.Heartbeat):
                Stay(course);
                break;
            case (HandoffStep.Committed or HandoffStep.Aborting, _):
                break;
            default:
                Abort($"the successor said {message.GetType().Name} out of order");
                break;
        }
    }

    private bool Greets(
        HandoffMessage.Hello hello, HandoffRole role, DaemonProcess process, Peer peer, HandoffCourse course)
    {
        if (Problem(hello, role, process) is { } problem)
        {
            Abort($"the {peer.ToString().ToLowerInvariant()} is not the one that is wanted: {problem}");
            return false;
        }

        Acknowledge(hello, peer, course);
        return true;
    }

    private static string? Problem(HandoffMessage.Hello hello, HandoffRole role, DaemonProcess process) =>
        hello.Role != role ? $"it greets as {hello.Role}"
        : hello.Pid != process.Pid ? $"process {hello.Pid} greets where {process.Pid} is wanted"
        : HandoffCodec.ChooseVersion(hello.ProtoMin, hello.ProtoMax) is null
            ? $"it speaks versions {hello.ProtoMin} to {hello.ProtoMax}"
        : null;

    private void Acknowledge(HandoffMessage.Hello hello, Peer peer, HandoffCourse course)
    {
        var version = HandoffCodec.ChooseVersion(hello.ProtoMin, hello.ProtoMax)!.Value;
        Do(new SupervisorEffect.Send(peer, new HandoffMessage.HelloAck(version, course.Id)));
    }

    private void Prepare(HandoffCourse course)
    {
        var draining = course.At(HandoffStep.Draining, _now) with { QuietSince = _now, HeardAt = _now };
        Stay(draining);
        Do(new SupervisorEffect.Announce(new HandoffNotice(draining, HandoffOutcome.Running, IsEvent: true)));
        Do(ToIncumbent(new HandoffMessage.PrepareHandoff(
            course.Id,
            (uint)course.Successor!.Pid,
            (ulong)options.Deadline.TotalMilliseconds,
            (ulong)options.DrainGrace.TotalMilliseconds)));
    }

    private void Sealed(HandoffCourse course)
    {
        Note($"Sealed at {course.Seal}, {course.Fingerprint}");
        if (!rules.IsFenced)
        {
            BeginSuccessor(course);
            return;
        }

        // Recorded before it is asked for: whoever continues here must know that it may have happened.
        Go(course.At(HandoffStep.RaisingEpoch, _now) with { EpochTouched = true });
        Record(() => AskEpoch());
    }

    private void Raised(HandoffCourse course, string? problem)
    {
        switch (course.Step)
        {
            case HandoffStep.RaisingEpoch when problem is null:
                BeginSuccessor(course);
                break;
            case HandoffStep.RaisingEpoch when rules.MayGoUnfenced:
                BeginSuccessor(course with { Reason = $"unfenced: {problem}" });
                break;
            case HandoffStep.RaisingEpoch:
                Abort($"the epoch was not raised: {problem}");
                break;
            case HandoffStep.Aborting when course.Successor is null && !course.IsCalling:
                if (problem is not null) Note($"The incumbent resumes without a newer epoch: {problem}");
                Resume(course);
                break;
            default:
                break; // It took longer than somebody was willing to wait.
        }
    }

    private void BeginSuccessor(HandoffCourse course)
    {
        Go(course.At(HandoffStep.AwaitingReady, _now));
        Record(() =>
        {
            Stay(((DaemonState.Handing)State).Course with { SuccessorHeardAt = _now });
            Do(new SupervisorEffect.Send(Peer.Successor, new HandoffMessage.Begin(course.Id)));
        });
    }

    /// <summary>A new step, which whoever asks is told of.</summary>
    private void Go(HandoffCourse course)
    {
        Stay(course);
        Do(new SupervisorEffect.Announce(new HandoffNotice(course, HandoffOutcome.Running, IsEvent: false)));
    }

    private void Stay(HandoffCourse course) => State = new DaemonState.Handing(course);

    /// <summary>Records the step that was just taken, then does what it is about.</summary>
    private void Record(Action then)
    {
        var course = ((DaemonState.Handing)State).Course;
        Store(Journal(course.Incumbent, RecordOf(course)), isVital: true, then);
    }

    private void Note(string what) => Do(new SupervisorEffect.Note(what));

    private static SupervisorEffect.Send ToIncumbent(HandoffMessage message) => new(Peer.Incumbent, message);

    private static HandoffRecord RecordOf(HandoffCourse course) => new(
        course.Id, course.Step, course.Successor, course.Seal, course.Fingerprint, course.EpochTouched, course.Reason);
}
