using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>From Ready to the end of the incumbent.</summary>
public sealed partial class Supervisor
{
    private void Judge(HandoffCourse course, HandoffMessage.Ready ready)
    {
        if (!ready.HealthzOk)
        {
            Abort("the successor is not healthy");
        }
        else if (!ready.AdvertisedRevisions.Cover(course.Seal!.Value))
        {
            Abort($"the successor opened {ready.AdvertisedRevisions} where {course.Seal} was sealed");
        }
        else
        {
            RecordCommit(course with { ReadyAt = _now });
        }
    }

    private void RecordCommit(HandoffCourse course)
    {
        Stay(course);
        var record = RecordOf(course) with { Step = HandoffStep.Committed };
        Store(Journal(course.Incumbent, record), isVital: true, Commit);
    }

    /// <summary>What was kept while this supervisor had no time is read with the doubt in mind.</summary>
    private void Doubt()
    {
        if (State is DaemonState.Handing { Course: { Step: HandoffStep.AwaitingReady } course })
            Stay(course with { IsStalled = true });
    }

    private void Decide(HandoffCourse course, int? serves)
    {
        var reason = course.Doubt!;
        if (course.Successor is { } successor && successor.Pid == serves)
        {
            Note($"The successor serves already, so it is not aborted: {reason}");
            RecordCommit(course with { ReadyAt = _now, ServesAlready = true, Doubt = null });
            return;
        }

        Stay(course with { IsStalled = false, Doubt = null });
        Abort(reason);
    }

    private void Commit()
    {
        var course = ((DaemonState.Handing)State).Course;
        if (!course.ServesAlready && !IsLongReady(course) && _deferred.OfType<SupervisorInput.Exited>()
            .Any(exited => exited.Process == course.Successor))
        {
            // Nobody was told yet, and it can have served nothing: the incumbent is worth more than the record.
            Abort("the successor ended before the commit was said");
            return;
        }

        var committed = course.At(HandoffStep.Committed, _now) with { Pause = _now - course.QuietSince!.Value };
        Stay(committed);
        _build = course.SuccessorBuild;
        Do(new SupervisorEffect.Send(Peer.Successor, new HandoffMessage.Commit(course.Id)));
        if (course.IncumbentLinked) Do(ToIncumbent(new HandoffMessage.Commit(course.Id)));
        Do(new SupervisorEffect.Watch(course.Successor!));
        Do(new SupervisorEffect.Announce(new HandoffNotice(committed, HandoffOutcome.Committed, IsEvent: true)));
        if (!course.IncumbentLives) Finish(committed);
    }

    private void Finish(HandoffCourse course)
    {
        Do(new SupervisorEffect.Close(Peer.Successor));
        Do(new SupervisorEffect.Close(Peer.Incumbent));

        // Ready that was heard and judged says as much as a greeting; a recovered course has heard none.
        var isUp = course.ReadyAt is not null && !course.ServesAlready;
        State = new DaemonState.Serving(course.Successor!, 0, _now, isUp);
        if (!isUp) AskWhoServes();
        Store(Journal(course.Successor, null), isVital: false, () => { });
    }
}
