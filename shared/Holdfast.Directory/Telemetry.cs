using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Holdfast.Directory;

/// <summary>The names under which the directory is seen from outside; docs/metrics.md explains them.</summary>
internal static class Telemetry
{
    public const string Name = "Holdfast.Directory";

    public const string Operation = "holdfast.directory.operation";
    public const string Status = "holdfast.directory.status";
    public const string Shard = "holdfast.directory.shard";
    public const string ErrorType = "error.type";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> Calls = Meter.CreateCounter<long>(
        "holdfast.directory.calls", "{call}", "Calls of the grain directory, by operation and status.");

    public static readonly Histogram<double> CallDuration = Meter.CreateHistogram<double>(
        "holdfast.directory.call.duration", "s", "How long a call of the grain directory took, retries included.");

    public static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "holdfast.directory.retries", "{attempt}", "Attempts repeated within the deadline of a call, by error.");

    public static readonly Counter<long> Published = Meter.CreateCounter<long>(
        "holdfast.directory.outbox.published", "{event}", "Events of the outbox that the bus confirmed, by type.");

    public static readonly Counter<long> PublishFailures = Meter.CreateCounter<long>(
        "holdfast.directory.outbox.failures", "{attempt}", "Attempts to read, publish or trim an outbox that failed.");

    public static readonly Histogram<double> OutboxLag = Meter.CreateHistogram<double>(
        "holdfast.directory.outbox.lag", "s", "From a change in the directory to the bus' confirmation of its event.");

    public static readonly Gauge<double> OutboxAge = Meter.CreateGauge<double>(
        "holdfast.directory.outbox.age", "s", "Age of the oldest change of a shard that waits for the bus.");
}
