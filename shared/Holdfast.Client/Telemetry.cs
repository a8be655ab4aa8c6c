using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Holdfast.Directory;
using Holdfast.Handoff.Wire;

namespace Holdfast.Client;

/// <summary>The traces and figures of the client.</summary>
internal static class Telemetry
{
    public const string Name = "Holdfast.Client";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> Unavailable = Meter.CreateCounter<long>(
        "holdfast.client.consensus.unavailable",
        "{call}",
        "Calls to Consensus that had no answer within their deadline.");

    public static readonly Counter<long> SessionsLost = Meter.CreateCounter<long>(
        "holdfast.client.sessions.lost", "{session}", "Sessions that ended other than by closing them.");

    public static readonly Counter<long> KeepAlivesUnanswered = Meter.CreateCounter<long>(
        "holdfast.client.keepalives.unanswered", "{call}", "Keep-alives that no voter acknowledged in time.");

    private static readonly Counter<long> KeepAlivesFailed = Meter.CreateCounter<long>(
        "holdfast.client.keepalives.failed", "{call}", "Keep-alives that failed in the client itself.");

    public static readonly Counter<long> Unclosed = Meter.CreateCounter<long>(
        "holdfast.client.sessions.unclosed", "{session}", "Sessions left to their time to live, as nobody answered.");

    public static readonly Counter<long> StreamsBroken = Meter.CreateCounter<long>(
        "holdfast.client.streams.broken", "{connection}", "Event streams that broke and were opened again.");

    /// <summary>Which guard it was, in the figures.</summary>
    public const string ProcessGuard = "process";

    /// <inheritdoc cref="ProcessGuard"/>
    public const string RedisGuard = "redis";

    /// <inheritdoc cref="ProcessGuard"/>
    public const string SqlGuard = "sql";

    private static readonly Counter<long> EpochsRefused = Meter.CreateCounter<long>(
        "holdfast.client.epochs.refused", "{write}", "Writes that a guard refused for their stale epoch.");

    private static readonly Counter<long> TokenChecks = Meter.CreateCounter<long>(
        "holdfast.client.tokens.checked", "{call}", "Tokens that a resource asked Consensus about.");

    public static void EpochRefused(string guard) =>
        EpochsRefused.Add(1, new KeyValuePair<string, object?>("guard", guard));

    public static void TokenChecked(TokenVerdict verdict) =>
        TokenChecks.Add(1, new KeyValuePair<string, object?>("verdict", verdict.ToString()));

    public static readonly Counter<long> SlotOrdersRefused = Meter.CreateCounter<long>(
        "holdfast.client.slots.refused", "{order}", "Orders of Recovery that a host of slots did not follow.");

    private static readonly Counter<long> SlotChanges = Meter.CreateCounter<long>(
        "holdfast.client.slots.changes", "{change}", "Slots that came to run, were stopped or failed on this host.");

    private static readonly Counter<long> SlotSyncsFailed = Meter.CreateCounter<long>(
        "holdfast.client.slots.unsynced", "{call}", "Syncs of a host of slots that Recovery did not take.");

    public static void SlotChanged(string state) =>
        SlotChanges.Add(1, new KeyValuePair<string, object?>("to", state));

    public static void SlotsUnsynced(string code) =>
        SlotSyncsFailed.Add(1, new KeyValuePair<string, object?>("error.type", code));

    /// <summary>The span of a start or stop, which continues what caused the order.</summary>
    public static Activity? StartSlot(string what, SlotAct act)
    {
        var name = $"slot {what}";
        var activity = act.TraceParent is not null && ActivityContext.TryParse(act.TraceParent, null, out var parent)
            ? Source.StartActivity(name, ActivityKind.Consumer, parent)
            : Source.StartActivity(name, ActivityKind.Consumer);
        activity?.SetTag("holdfast.slot", act.Slot.ToString());
        activity?.SetTag("holdfast.epoch", act.Epoch.ToString());
        return activity;
    }

    private static readonly Counter<long> HandoffSteps = Meter.CreateCounter<long>(
        "holdfast.client.handoff.steps", "{step}", "Steps of handoffs that this process took.");

    public static void HandoffStepped(HandoffRole role, DaemonStep step) => HandoffSteps.Add(
        1,
        new KeyValuePair<string, object?>("role", role.ToString()),
        new KeyValuePair<string, object?>("step", step.ToString()));

    private static readonly ConcurrentDictionary<Func<int>, bool> Keepers = new();

    private static readonly ObservableGauge<int> GrainsHeld = Meter.CreateObservableGauge(
        "holdfast.client.grains.held",
        () => Keepers.Keys.Sum(count => count()),
        "{grain}",
        "Grains that this process holds, served or not.");

    private static readonly Counter<long> GrainClaims = Meter.CreateCounter<long>(
        "holdfast.client.grains.claims", "{grain}", "Claims and acceptances of a keeper that the directory answered.");

    private static readonly Histogram<double> TakeOvers = Meter.CreateHistogram<double>(
        "holdfast.client.grains.takeover.duration", "s", "From the promotion of grains to their claim here.");

    private static readonly Counter<long> GrainsLost = Meter.CreateCounter<long>(
        "holdfast.client.grains.lost", "{grain}", "Grains that a keeper holds no more.");

    public static readonly Counter<long> GrainsRefused = Meter.CreateCounter<long>(
        "holdfast.client.grains.refused", "{grain}", "Grains whose epoch a resource refused.");

    public static readonly Counter<long> GrainsLeftOut = Meter.CreateCounter<long>(
        "holdfast.client.grains.leftout", "{grain}", "Grains that were not claimed or accepted for want of room.");

    public static readonly Counter<long> GrainsReasserted = Meter.CreateCounter<long>(
        "holdfast.client.grains.reasserted", "{grain}", "Grains told again to a directory that lost its memory.");

    public static readonly Counter<long> GrainsOffered = Meter.CreateCounter<long>(
        "holdfast.client.grains.offered", "{grain}", "Grains drained and offered to another cluster.");

    private static readonly Counter<long> GrainCallsFailed = Meter.CreateCounter<long>(
        "holdfast.client.grains.failures", "{call}", "Calls of a keeper to its program, and own steps, that failed.");

    private static readonly Counter<long> LossesReported = Meter.CreateCounter<long>(
        "holdfast.client.directory.losses", "{loss}", "Losses of the directory's memory that this process reported.");

    public static void LossReported() => LossesReported.Add(1);

    /// <summary>Counts what a keeper holds until disposed of.</summary>
    public static IDisposable Holds(Func<int> count)
    {
        Keepers[count] = GrainsHeld.Enabled;
        return new Kept(count);
    }

    public static void GrainClaimed(DirectoryStatus status) =>
        GrainClaims.Add(1, new KeyValuePair<string, object?>("status", status.ToString()));

    public static void GrainLost(GrainLossCause cause) =>
        GrainsLost.Add(1, new KeyValuePair<string, object?>("cause", cause.ToString()));

    public static void GrainCallFailed(string call, Exception failure) => GrainCallsFailed.Add(
        1,
        new KeyValuePair<string, object?>("call", call),
        new KeyValuePair<string, object?>("error.type", failure.GetType().Name));

    /// <summary>The span of claiming what was promoted, which continues the trace of the promotion.</summary>
    public static Activity? StartTakeOver(ActivityContext cause, int grains)
    {
        var activity = Source.StartActivity("grains take over", ActivityKind.Consumer, cause);
        activity?.SetTag("holdfast.grains", grains);
        return activity;
    }

    /// <summary>Clocks differ: a promotion in the future took no time.</summary>
    public static void GrainsTakenOver(int grains, TimeSpan sincePromotion)
    {
        if (grains > 0) TakeOvers.Record(Math.Max(0, sincePromotion.TotalSeconds));
    }

    private sealed class Kept(Func<int> count) : IDisposable
    {
        public void Dispose() => Keepers.TryRemove(count, out _);
    }

    public static void KeepAliveFailed(Exception failure) =>
        KeepAlivesFailed.Add(1, new KeyValuePair<string, object?>("error.type", failure.GetType().FullName));

    /// <summary>The span of one call. Routine ones have none: four a second for ever drown what matters.</summary>
    public static Activity? StartCall(string service, EndpointCall call)
    {
        if (call.IsRoutine) return null;
        var name = $"{call.Method} {service}";
        var activity = call.TraceParent is not null && ActivityContext.TryParse(call.TraceParent, null, out var parent)
            ? Source.StartActivity(name, ActivityKind.Client, parent)
            : Source.StartActivity(name, ActivityKind.Client);
        activity?.SetTag("url.path", call.Path);
        return activity;
    }
}
