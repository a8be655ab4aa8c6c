using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Holdfast.Hosting;

/// <summary>The spans and figures of hosting: the bus, the outbox. Names are listed in docs/metrics.md.</summary>
internal static class Telemetry
{
    public const string Name = "Holdfast.Hosting";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> PublishDuration = Meter.CreateHistogram<double>(
        "holdfast.bus.publish.duration", "s", "From handing an event to the bus to the broker's confirmation.");

    private static readonly Counter<long> Consumes = Meter.CreateCounter<long>(
        "holdfast.bus.consumed", "{message}", "Messages received, by what became of them.");

    private static readonly Counter<long> Superseded = Meter.CreateCounter<long>(
        "holdfast.outbox.superseded", "{event}", "Owed events that a newer one of the same subject replaced.");

    private static readonly Counter<long> Dropped = Meter.CreateCounter<long>(
        "holdfast.outbox.dropped", "{event}", "Owed events given up: over the bound, or impossible to write.");

    private static readonly UpDownCounter<long> Owed = Meter.CreateUpDownCounter<long>(
        "holdfast.outbox.owed", "{event}", "Events enqueued and not yet confirmed.");

    public static Activity? StartPublish(string exchange, string? traceParent) =>
        Start($"{exchange} publish", ActivityKind.Producer, traceParent);

    public static Activity? StartConsume(string exchange, string? traceParent) =>
        Start($"{exchange} consume", ActivityKind.Consumer, traceParent);

    public static void Published(string exchange, TimeSpan took, bool confirmed) => PublishDuration.Record(
        took.TotalSeconds, new("exchange", exchange), new("outcome", confirmed ? "confirmed" : "failed"));

    public static void Consumed(string exchange, string outcome) =>
        Consumes.Add(1, new("exchange", exchange), new("outcome", outcome));

    public static void OutboxSuperseded() => Superseded.Add(1);

    public static void OutboxDropped() => Dropped.Add(1);

    public static void OutboxOwed(int change) => Owed.Add(change);

    // A current activity of the same trace (MassTransit's, around ours) is the nearer parent.
    private static Activity? Start(string name, ActivityKind kind, string? traceParent) =>
        ActivityContext.TryParse(traceParent, null, out var parent) && Activity.Current?.TraceId != parent.TraceId
            ? Source.StartActivity(name, kind, parent)
            : Source.StartActivity(name, kind);
}
