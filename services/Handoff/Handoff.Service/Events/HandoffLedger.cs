using System.Diagnostics;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Service.Events;

/// <summary>
/// Every handoff of this life of the supervisor, as it went, for those who ask; the bus is told of its start and its
/// end, inside one trace. It survives no restart by design: what must be known again is in the journals.
/// </summary>
internal sealed class HandoffLedger(
    NodeOptions node, HandoffOptions options, StateEventOutbox outbox, TimeProvider time)
{
    private const int RememberedMax = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<HandoffId, Entry> _entries = [];
    private readonly Queue<HandoffId> _order = new();
    private readonly ulong _life = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
    private ulong _said;

    public HandoffAnswer? Find(HandoffId id)
    {
        lock (_gate) return _entries.GetValueOrDefault(id)?.Answer;
    }

    public void Note(WorkloadName daemon, HandoffNotice notice)
    {
        lock (_gate) NoteLocked(daemon, notice);
    }

    private void NoteLocked(WorkloadName daemon, HandoffNotice notice)
    {
        var (course, now) = (notice.Course, time.GetUtcNow().UtcDateTime);
        var entry = EntryLocked(daemon, course);
        var step = HandoffEvents.Word(course.Step);
        if (entry.Steps.Count == 0 || entry.Steps[^1].Step != step)
        {
            if (entry.Steps.Count > 0)
                Telemetry.StepEnded(daemon.Value, entry.Steps[^1].Step, now - entry.Steps[^1].At);
            entry.Steps.Add(new HandoffStepAnswer { Step = step, At = now });
            entry.Span.AddEvent(new ActivityEvent(step, new DateTimeOffset(now)));
        }

        entry.Answer = AnswerOf(daemon, notice, entry.Steps);
        if (notice.IsEvent) SayLocked(daemon, notice, entry, now);
        if (notice.Outcome == HandoffOutcome.Running) return;
        Telemetry.Ended(daemon.Value, notice, now - entry.Steps[0].At);
        entry.Span.SetTag("holdfast.outcome", entry.Answer.Outcome);
        entry.Span.SetTag("holdfast.reason", course.Reason);
        entry.Span.Stop();
    }

    private void SayLocked(WorkloadName daemon, HandoffNotice notice, Entry entry, DateTime now)
    {
        var plannedEnd = notice.Outcome == HandoffOutcome.Running ? now + options.SilenceMax : (DateTime?)null;
        var place = new EventPlace(
            node.Id.Value, daemon.Value, EventIdentity.Sequence(_life, ++_said), now, plannedEnd);
        outbox.Enqueue(HandoffEvents.Of(notice, place), entry.Span.Id);
    }

    private Entry EntryLocked(WorkloadName daemon, HandoffCourse course)
    {
        if (_entries.TryGetValue(course.Id, out var known)) return known;
        if (_order.Count == RememberedMax) _entries.Remove(_order.Dequeue());
        _order.Enqueue(course.Id);
        var span = Telemetry.StartHandoff(daemon.Value, course);
        return _entries[course.Id] = new Entry(span);
    }

    private static HandoffAnswer AnswerOf(
        WorkloadName daemon, HandoffNotice notice, IReadOnlyList<HandoffStepAnswer> steps) => new()
        {
            Id = notice.Course.Id.ToString(),
            Daemon = daemon.Value,
            Outcome = notice.Outcome.ToString().ToLowerInvariant(),
            Step = HandoffEvents.Word(notice.Course.LastStep),
            IncumbentPid = notice.Course.Incumbent.Pid,
            SuccessorPid = notice.Course.Successor?.Pid,
            IncumbentBuild = notice.Course.Incumbent.Build.Value,
            SuccessorBuild = notice.Course.SuccessorBuild.Value,
            Epoch = notice.Course.Epoch?.ToString(),
            PauseMs = HandoffEvents.PauseMs(notice.Course),
            Reason = notice.Course.Reason,
            Steps = [.. steps],
        };

    private sealed class Entry(Activity span)
    {
        public Activity Span { get; } = span;

        public List<HandoffStepAnswer> Steps { get; } = [];

        public HandoffAnswer? Answer { get; set; }
    }
}
