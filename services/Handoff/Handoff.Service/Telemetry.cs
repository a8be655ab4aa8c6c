using System.Diagnostics;
using System.Diagnostics.Metrics;
using Holdfast.Handoff.Protocol.Supervision;

namespace Holdfast.Handoff.Service;

/// <summary>The traces and figures of Handoff; docs/metrics.md explains each.</summary>
internal static class Telemetry
{
    public const string Name = "Holdfast.Handoff";
    public const string HandoffSpan = "handoff";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Handoffs = Meter.CreateCounter<long>(
        "holdfast.handoff.handoffs", "{handoff}", "Handoffs that came to an end, by outcome and last step.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "holdfast.handoff.duration", "s", "From the wish for a handoff to its end.");

    private static readonly Histogram<double> Pause = Meter.CreateHistogram<double>(
        "holdfast.handoff.pause", "s", "How long nobody accepted, while connections waited.");

    private static readonly Histogram<double> Steps = Meter.CreateHistogram<double>(
        "holdfast.handoff.step.duration", "s", "How long a step took.");

    public static void StepEnded(string daemon, string step, TimeSpan took) =>
        Steps.Record(took.TotalSeconds, Tag("daemon", daemon), Tag("step", step));

    public static void Ended(string daemon, HandoffNotice notice, TimeSpan took)
    {
        var outcome = Tag("outcome", notice.Outcome.ToString().ToLowerInvariant());
        Handoffs.Add(1, Tag("daemon", daemon), outcome, Tag("step", $"{notice.Course.LastStep}"));
        Duration.Record(took.TotalSeconds, Tag("daemon", daemon), outcome);
        if (notice.Course.Pause is { } pause) Pause.Record(pause.TotalSeconds, Tag("daemon", daemon), outcome);
    }

    /// <summary>
    /// The span of a whole handoff; it has an id also where nobody listens, since its events carry it.
    /// </summary>
    public static Activity StartHandoff(string daemon, HandoffCourse course)
    {
        var outer = Activity.Current;
        Activity.Current = null;
        try
        {
            var span = Source.StartActivity(HandoffSpan) ?? Unlistened();
            span.SetTag("holdfast.daemon", daemon);
            span.SetTag("holdfast.handoff", course.Id.ToString());
            span.SetTag("holdfast.build", course.SuccessorBuild.Value);
            return span;
        }
        finally
        {
            Activity.Current = outer;
        }
    }

    private static Activity Unlistened()
    {
        var activity = new Activity(HandoffSpan).SetIdFormat(ActivityIdFormat.W3C);
        activity.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
        return activity.Start();
    }

    private static KeyValuePair<string, object?> Tag(string key, string value) => new(key, value);
}
