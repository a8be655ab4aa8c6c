using System.Diagnostics;
using System.Diagnostics.Metrics;
using Holdfast.Failover.Protocol;

namespace Holdfast.Failover.Service;

/// <summary>The traces and figures of Failover.</summary>
internal static class Telemetry
{
    public const string Name = "Holdfast.Failover";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Promotions = Meter.CreateCounter<long>(
        "holdfast.failover.promotions", "{grain}", "Grains promoted.");

    private static readonly Counter<long> LostRaces = Meter.CreateCounter<long>(
        "holdfast.failover.lost_races",
        "{race}",
        "Grains met with a newer token, each time anew, and calls refused for a newer grant.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "holdfast.failover.call.failures",
        "{call}",
        "Calls to a shard that failed, by call: repeated, or those of upkeep left for its next round.");

    private static readonly Counter<long> Unobserved = Meter.CreateCounter<long>(
        "holdfast.failover.observations.failed", "{call}", "Snapshots of Consensus that could not be read.");

    private static readonly Counter<long> Notices = Meter.CreateCounter<long>(
        "holdfast.failover.notices",
        "{event}",
        "Failovers started, completed, cancelled, refused and forced, by kind.");

    private static readonly Counter<long> Repairs = Meter.CreateCounter<long>(
        "holdfast.failover.directory.repairs",
        "{call}",
        "Steps of repairs of shards that may have lost their memory, by step and outcome.");

    private static readonly Counter<long> Tombstones = Meter.CreateCounter<long>(
        "holdfast.failover.tombstones.erased", "{grain}", "Released grains that the directory forgot.");

    private static readonly Gauge<long> Stranded = Meter.CreateGauge<long>(
        "holdfast.failover.stranded",
        "{grain}",
        "Grains that an unreachable cluster still owns, as its shards last said.");

    private static readonly Gauge<int> Refused = Meter.CreateGauge<int>(
        "holdfast.failover.refused",
        "{cluster}",
        "1 while a cluster is unreachable and nothing, or not all of it, may be promoted.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "holdfast.failover.duration", "s", "From the fence of a cluster to the promotion of its last grain.");

    private static readonly Histogram<double> Detection = Meter.CreateHistogram<double>(
        "holdfast.failover.detection", "s", "From the conviction of a node to its fence.");

    private static readonly Histogram<double> Start = Meter.CreateHistogram<double>(
        "holdfast.failover.start", "s", "From the fence of a cluster to the start of its sweep, grace included.");

    private static readonly Histogram<double> Claim = Meter.CreateHistogram<double>(
        "holdfast.failover.claim", "s", "From the promotion of a grain to its claim.");

    public static void Fenced(string cluster, TimeSpan sinceDown) =>
        Detection.Record(Math.Max(0, sinceDown.TotalSeconds), Failed(cluster));

    public static void Claimed(TimeSpan sincePromoted) => Claim.Record(Math.Max(0, sincePromoted.TotalSeconds));

    public static void CallEnded(ShardCall call, CallResult result)
    {
        switch (call, result)
        {
            case (ShardCall.Promote promote, CallResult.Batch batch):
                if (batch.Promoted > 0) Promotions.Add(batch.Promoted, Failed(promote.From.Value));
                if (batch.Newer > 0) LostRaces.Add(batch.Newer, Failed(promote.From.Value));
                break;
            case (_, CallResult.Refused):
                LostRaces.Add(1);
                break;
            case (_, CallResult.Failed):
                Failures.Add(1, new KeyValuePair<string, object?>("call", call.GetType().Name));
                break;
            default:
                break;
        }
    }

    public static void Repaired(MemoryStep step, bool done) => Repairs.Add(
        1,
        new KeyValuePair<string, object?>("step", step.GetType().Name),
        new KeyValuePair<string, object?>("outcome", done ? "done" : "failed"));

    public static void Erased(int tombstones)
    {
        if (tombstones > 0) Tombstones.Add(tombstones);
    }

    public static void UpkeepFailed(UpkeepStep step) =>
        Failures.Add(1, new KeyValuePair<string, object?>("call", step.GetType().Name));

    public static void ObserveFailed() => Unobserved.Add(1);

    public static void Said(Notice notice)
    {
        Notices.Add(1, new KeyValuePair<string, object?>("kind", notice.GetType().Name));
        if (notice is Notice.Started started)
            Start.Record(started.SinceFence.TotalSeconds, Failed(started.Incident.Cluster.Value));
        if (notice is Notice.Completed completed)
            Duration.Record(completed.SinceFence.TotalSeconds, Failed(completed.Incident.Cluster.Value));
    }

    /// <summary>How the watched clusters stand, and that those not watched any more stand for nothing.</summary>
    public static void Stands(FailoverView view, FailoverView before)
    {
        foreach (var cluster in view.Clusters)
        {
            // What is not known is not told, rather than told to be nothing. Who holds no election counts no more: its
            // successor does.
            var isNothing = !view.IsHeld || cluster is { Incident: null, Refused: null };
            if ((isNothing ? 0 : cluster.Stranded) is { } stranded)
                Stranded.Record(stranded, Failed(cluster.Cluster.Value));
            Refused.Record(cluster.Refused is null ? 0 : 1, Failed(cluster.Cluster.Value));
        }

        var watched = view.Clusters.Select(cluster => cluster.Cluster);
        foreach (var gone in before.Clusters.ExceptBy(watched, cluster => cluster.Cluster))
        {
            Stranded.Record(0, Failed(gone.Cluster.Value));
            Refused.Record(0, Failed(gone.Cluster.Value));
        }
    }

    private static KeyValuePair<string, object?> Failed(string cluster) => new("cluster", cluster);
}
