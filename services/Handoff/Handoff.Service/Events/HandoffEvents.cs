using Holdfast.Contracts;
using Holdfast.Handoff.Protocol.Supervision;

namespace Holdfast.Handoff.Service.Events;

/// <summary>Where and when an event is said.</summary>
internal sealed record EventPlace(string Node, string Daemon, string Sequence, DateTime At, DateTime? PlannedEndAt)
{
    public string Subject => $"handoff/{Node}/{Daemon}";

    public string Source => $"handoff/{Node}";
}

/// <summary>The events of notices.</summary>
internal static class HandoffEvents
{
    public static IEvent Of(HandoffNotice notice, EventPlace place) => notice.Outcome switch
    {
        HandoffOutcome.Running => Started(notice.Course, place),
        HandoffOutcome.Committed => Committed(notice.Course, place),
        _ => Aborted(notice.Course, place),
    };

    /// <summary>The name of a step as the world knows it.</summary>
    public static string Word(HandoffStep step) => char.ToLowerInvariant($"{step}"[0]) + $"{step}"[1..];

    public static long? PauseMs(HandoffCourse course) => (long?)course.Pause?.TotalMilliseconds;

    private static HandoffStarted Started(HandoffCourse course, EventPlace place) => new()
    {
        EventId = EventIdentity.IdOf<HandoffStarted>(place.Subject, place.Sequence),
        OccurredAt = place.At,
        Source = place.Source,
        Subject = place.Subject,
        Sequence = place.Sequence,
        HandoffId = course.Id.ToString(),
        NodeId = place.Node,
        Daemon = place.Daemon,
        Epoch = course.Epoch?.ToString(),
        IncumbentPid = course.Incumbent.Pid,
        SuccessorPid = course.Successor?.Pid,
        IncumbentBuild = course.Incumbent.Build.Value,
        SuccessorBuild = course.SuccessorBuild.Value,
        Step = Word(course.LastStep),
        Reason = course.Reason,
        PlannedEndAt = place.PlannedEndAt,
    };

    private static HandoffCommitted Committed(HandoffCourse course, EventPlace place) => new()
    {
        EventId = EventIdentity.IdOf<HandoffCommitted>(place.Subject, place.Sequence),
        OccurredAt = place.At,
        Source = place.Source,
        Subject = place.Subject,
        Sequence = place.Sequence,
        HandoffId = course.Id.ToString(),
        NodeId = place.Node,
        Daemon = place.Daemon,
        Epoch = course.Epoch?.ToString(),
        IncumbentPid = course.Incumbent.Pid,
        SuccessorPid = course.Successor?.Pid,
        IncumbentBuild = course.Incumbent.Build.Value,
        SuccessorBuild = course.SuccessorBuild.Value,
        Step = Word(course.LastStep),
        Reason = course.Reason,
        PauseMs = PauseMs(course),
    };

    private static HandoffAborted Aborted(HandoffCourse course, EventPlace place) => new()
    {
        EventId = EventIdentity.IdOf<HandoffAborted>(place.Subject, place.Sequence),
        OccurredAt = place.At,
        Source = place.Source,
        Subject = place.Subject,
        Sequence = place.Sequence,
        HandoffId = course.Id.ToString(),
        NodeId = place.Node,
        Daemon = place.Daemon,
        Epoch = course.Epoch?.ToString(),
        IncumbentPid = course.Incumbent.Pid,
        SuccessorPid = course.Successor?.Pid,
        IncumbentBuild = course.Incumbent.Build.Value,
        SuccessorBuild = course.SuccessorBuild.Value,
        Step = Word(course.LastStep),
        Reason = course.Reason,
        PauseMs = PauseMs(course),
    };
}
