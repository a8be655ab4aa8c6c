using System.Collections.Concurrent;
using System.Diagnostics;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Events;

/// <summary>
/// One trace from the conviction to the promoted grain. A sweep's span has the decisive fence's trace as its parent,
/// which is the trace of the conviction, and the other fences' as links; calls and events are children of the sweep,
/// also those of later passes. Without a listener nothing is recorded, and the trace is handed on all the same.
/// </summary>
internal sealed class SweepTraces
{
    private readonly ConcurrentDictionary<ClusterId, SweepTrace> _sweeps = [];

    /// <summary>Opens the span of a sweep and answers its traceparent.</summary>
    public string? Start(Incident incident)
    {
        End(incident.Cluster, "restarted");
        var span = Apart(() => Telemetry.Source.StartActivity(
            $"failover of {incident.Cluster}",
            ActivityKind.Internal,
            ContextOf(incident.Decisive.TraceParent),
            [new("holdfast.failed", incident.Cluster.Value)],
            LinksOf(incident)));
        var traceParent = span?.Id ?? incident.Decisive.TraceParent;
        _sweeps[incident.Cluster] = new SweepTrace(span, traceParent, CauseOf(incident.Decisive));
        return traceParent;
    }

    /// <summary>The span ends, its trace stays for what is still to come of it.</summary>
    public string? End(ClusterId failed, string outcome)
    {
        if (!_sweeps.TryGetValue(failed, out var sweep)) return null;
        sweep.Span?.SetTag("holdfast.outcome", outcome);
        Apart(() =>
        {
            sweep.Span?.Stop();
            return sweep.Span;
        });
        return sweep.TraceParent;
    }

    public string CauseOf(ClusterId failed) => _sweeps.TryGetValue(failed, out var sweep) ? sweep.Cause : "";

    /// <summary>Makes the sweep's trace the current one until the span is disposed of.</summary>
    public Activity? EnterCall(ShardCall.Promote call)
    {
        if (!_sweeps.TryGetValue(call.From, out var sweep) || sweep.TraceParent is not { } parent) return null;
        var span = Telemetry.Source.StartActivity("promote", ActivityKind.Internal, ContextOf(parent));
        span?.SetTag("holdfast.shard", call.Shard);
        return span ?? new Activity("promote").SetParentId(parent).Start();
    }

    // The spans of sweeps overlap, and begin and end in the one loop that serves all: none may become its current one,
    // or whatever the loop begins next were a child of it.
    private static Activity? Apart(Func<Activity?> act)
    {
        var outer = Activity.Current;
        Activity.Current = null;
        try
        {
            return act();
        }
        finally
        {
            Activity.Current = outer;
        }
    }

    private static ActivityContext ContextOf(string? traceParent) =>
        ActivityContext.TryParse(traceParent, null, out var context) ? context : default;

    private static IEnumerable<ActivityLink> LinksOf(Incident incident) =>
        incident.Fenced
            .Select(node => node.Fence!)
            .Where(fence => fence.Token != incident.Decisive.Token)
            .Select(fence => ContextOf(fence.TraceParent))
            .Where(context => context != default)
            .Select(context => new ActivityLink(context));

    private static string CauseOf(Fence fence) => fence.Cause switch
    {
        FenceCause.ProcessDeath => "processDeath",
        FenceCause.Left => "left",
        FenceCause.Operator => "operator",
        _ => "silence",
    };

    private sealed record SweepTrace(Activity? Span, string? TraceParent, string Cause);
}
