using System.Diagnostics;
using System.Diagnostics.Metrics;
using Holdfast.Recovery.Protocol;

namespace Holdfast.Recovery.Service;

/// <summary>The traces and figures of Recovery.</summary>
internal static class Telemetry
{
    public const string Name = "Holdfast.Recovery";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Changes = Meter.CreateCounter<long>(
        "holdfast.recovery.slot.changes", "{slot}", "Changes of slots that were written, by new state.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "holdfast.recovery.duration", "s", "From the loss of a slot, as far as known here, to its running again.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "holdfast.recovery.call.failures", "{call}", "Calls about a group that failed and are repeated, by call.");

    private static readonly Counter<long> LostRaces = Meter.CreateCounter<long>(
        "holdfast.recovery.lost_races", "{call}", "Writes refused because something newer was on record.");

    private static readonly Counter<long> Unobserved = Meter.CreateCounter<long>(
        "holdfast.recovery.observations.failed", "{call}", "Snapshots of Consensus that could not be read.");

    private static readonly Counter<long> Reports = Meter.CreateCounter<long>(
        "holdfast.recovery.reports", "{report}", "Syncs of hosts, by outcome.");

    private static readonly Counter<long> Nudges = Meter.CreateCounter<long>(
        "holdfast.recovery.nudges", "{command}", "Orders told to hosts over the bus, by outcome.");

    private static readonly Gauge<long> Stuck = Meter.CreateGauge<long>(
        "holdfast.recovery.slots.stuck", "{slot}", "Slots that should run and do not.");

    private static readonly Gauge<double> Starvation = Meter.CreateGauge<double>(
        "holdfast.recovery.starvation", "s", "How long the slot that waits longest has not run.");

    public static void CallEnded(GroupCall call, GroupResult result)
    {
        switch (call, result)
        {
            case (GroupCall.Put put, GroupResult.Written):
                foreach (var write in put.Writes) Changed(write);
                break;
            case (_, GroupResult.Refused or GroupResult.Raced):
                LostRaces.Add(1);
                break;
            case (_, GroupResult.Failed):
                Failures.Add(1, new KeyValuePair<string, object?>("call", call.GetType().Name));
                break;
            default:
                break;
        }
    }

    public static void ObserveFailed() => Unobserved.Add(1);

    public static void Reported(string outcome) => Reports.Add(1, Outcome(outcome));

    public static void Nudged(string outcome) => Nudges.Add(1, Outcome(outcome));

    public static void Stands(RecoveryView view)
    {
        var stuck = view.Groups.SelectMany(group => group.Slots).Where(slot => slot.IsStuck).ToList();
        var cluster = new KeyValuePair<string, object?>("cluster", view.Cluster.Value);
        Stuck.Record(stuck.Count, cluster);
        Starvation.Record(stuck.Max(slot => slot.DownFor)?.TotalSeconds ?? 0, cluster);
    }

    private static void Changed(SlotWrite write)
    {
        Changes.Add(1, new KeyValuePair<string, object?>("state", write.New.State.ToString()));
        if (write.DownFor is { } down) Duration.Record(down.TotalSeconds);
    }

    private static KeyValuePair<string, object?> Outcome(string outcome) => new("outcome", outcome);
}
