using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Holdfast.Gossip.Service;

/// <summary>The spans and metrics of Gossip; docs/metrics.md explains each.</summary>
internal static class Telemetry
{
    public const string Name = "Holdfast.Gossip";
    public const string ConvictSpan = "gossip convict";
    public const string FenceSpan = "gossip fence";

    public static readonly ActivitySource Source = new(Name);
    public static readonly Meter Meter = new(Name);

    public static readonly Gauge<double> Phi = Meter.CreateGauge<double>(
        "holdfast.gossip.phi", "1", "Suspicion of an observed peer.");

    public static readonly Gauge<int> Members = Meter.CreateGauge<int>(
        "holdfast.gossip.members", "{peer}", "Peers known, by state.");

    public static readonly Counter<long> Transitions = Meter.CreateCounter<long>(
        "holdfast.gossip.transitions", "{transition}", "Changes of a peer's state that this agent saw.");

    public static readonly Histogram<double> Silence = Meter.CreateHistogram<double>(
        "holdfast.gossip.conviction.silence", "s", "Silence of a peer when this agent completed its conviction.");

    public static readonly Counter<long> Datagrams = Meter.CreateCounter<long>(
        "holdfast.gossip.datagrams", "{datagram}", "Datagrams sent and received.");

    public static readonly Counter<long> Bytes = Meter.CreateCounter<long>(
        "holdfast.gossip.bytes", "By", "Bytes of datagrams sent and received.");

    public static readonly Counter<long> Dropped = Meter.CreateCounter<long>(
        "holdfast.gossip.datagrams.dropped", "{datagram}", "Datagrams not taken or not sent, by reason.");

    public static readonly Counter<long> Fences = Meter.CreateCounter<long>(
        "holdfast.gossip.fences", "{call}", "Calls about fences, by result.");

    public static readonly Histogram<double> Pauses = Meter.CreateHistogram<double>(
        "holdfast.gossip.pause", "s", "Own pauses for which this agent forgave its peers.");

    public static readonly Counter<long> WorkloadDeaths = Meter.CreateCounter<long>(
        "holdfast.gossip.workload.deaths", "{process}", "Watched processes that ended unannounced.");

    /// <summary>
    /// A span that always has an id, also where nobody listens: the id of a conviction's trace goes into the fence and
    /// into every event that follows from it.
    /// </summary>
    public static Activity StartRoot(string name)
    {
        var outer = Activity.Current;
        Activity.Current = null;
        try
        {
            return StartChild(name, default);
        }
        finally
        {
            Activity.Current = outer;
        }
    }

    public static Activity StartChild(string name, ActivityContext parent)
    {
        if (Source.StartActivity(name, ActivityKind.Internal, parent) is { } sampled) return sampled;
        var activity = new Activity(name).SetIdFormat(ActivityIdFormat.W3C);
        if (parent.TraceId != default) activity.SetParentId(parent.TraceId, parent.SpanId, parent.TraceFlags);
        activity.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
        return activity.Start();
    }
}
