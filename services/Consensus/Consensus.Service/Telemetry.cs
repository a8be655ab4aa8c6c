using System.Diagnostics;
using System.Diagnostics.Metrics;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Raft;

namespace Holdfast.Consensus.Service;

/// <summary>The traces and figures of Consensus.</summary>
internal static class Telemetry
{
    public const string Name = "Holdfast.Consensus";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Proposals = Meter.CreateCounter<long>(
        "holdfast.consensus.proposals", "{entry}", "Commands proposed, by command and outcome.");

    private static readonly Counter<long> Repeats = Meter.CreateCounter<long>(
        "holdfast.consensus.requests.repeated", "{request}", "Requests that the log had carried out, by command.");

    public static readonly Counter<long> KeepAlives = Meter.CreateCounter<long>(
        "holdfast.consensus.keepalives", "{call}", "Keep-alives, by outcome.");

    public static readonly Counter<long> Fences = Meter.CreateCounter<long>(
        "holdfast.consensus.fences", "{call}", "Fences asked for, by cause and outcome.");

    public static readonly Counter<long> Announced = Meter.CreateCounter<long>(
        "holdfast.consensus.announced", "{event}", "Announcements of the log that the bus confirmed.");

    public static readonly Counter<long> AnnouncementsFailed = Meter.CreateCounter<long>(
        "holdfast.consensus.announcements.failed", "{event}", "Announcements that the bus did not take.");

    public static readonly Gauge<long> Owed = Meter.CreateGauge<long>(
        "holdfast.consensus.announcements.owed", "{event}", "Announcements that the bus has not confirmed.");

    public static readonly Gauge<long> Sessions = Meter.CreateGauge<long>(
        "holdfast.consensus.sessions", "{session}", "Sessions that have not ended, at the leader.");

    public static readonly Counter<long> Alerts = Meter.CreateCounter<long>(
        "holdfast.consensus.alerts", "{alert}", "Alerts told, by kind.");

    public static readonly Counter<long> AlertsDropped = Meter.CreateCounter<long>(
        "holdfast.consensus.alerts.dropped", "{alert}", "Alerts given up, since too many waited for the bus.");

    public static readonly Gauge<long> AlertsStanding = Meter.CreateGauge<long>(
        "holdfast.consensus.alerts.standing", "{alert}", "Conditions that hold now.");

    public static readonly Counter<long> Terms = Meter.CreateCounter<long>(
        "holdfast.consensus.terms.led", "{term}", "Terms that this voter began to lead.");

    /// <summary>The span of one change. Keep-alives and what the leader proposes by itself have none.</summary>
    public static Activity? Start(CoordinationCommand command) => command switch
    {
        CoordinationCommand.OpenSession => Source.StartActivity("consensus session open"),
        CoordinationCommand.AdvanceSession => Source.StartActivity("consensus session advance"),
        CoordinationCommand.CloseSession => Source.StartActivity("consensus session close"),
        CoordinationCommand.Campaign => Source.StartActivity("consensus campaign"),
        CoordinationCommand.Resign => Source.StartActivity("consensus resign"),
        CoordinationCommand.AdvanceElection => Source.StartActivity("consensus election advance"),
        CoordinationCommand.FenceNode => Source.StartActivity("consensus fence"),
        CoordinationCommand.DirectoryLost => Source.StartActivity("consensus directory lost"),
        CoordinationCommand.PutDefinition => Source.StartActivity("consensus definition put"),
        CoordinationCommand.DeleteDefinition => Source.StartActivity("consensus definition delete"),
        _ => null,
    };

    public static void Proposed(CoordinationCommand command, ProposeOutcome outcome)
    {
        var result = outcome switch
        {
            ProposeOutcome.Applied { Result: CoordinationAnswer.Refused } => "refused",
            ProposeOutcome.Applied => "applied",
            ProposeOutcome.NotLeader => "notLeader",
            ProposeOutcome.Lost => "lost",
            ProposeOutcome.Overloaded => "overloaded",
            ProposeOutcome.Moving => "moving",
            ProposeOutcome.NotReadByAll => "notReadByAll",
            _ => "tooLarge",
        };
        Proposals.Add(1, new("command", command.GetType().Name), new("outcome", result));
        if (outcome is ProposeOutcome.Applied { Result: CoordinationAnswer { IsRepeated: true } })
            Repeats.Add(1, new KeyValuePair<string, object?>("command", command.GetType().Name));
    }

    /// <summary>A trace context only where it is one: it goes into the log and into events as it is.</summary>
    public static string? LegalTrace(string? traceParent) =>
        traceParent is { Length: <= CoordinationLimits.TraceParentBytesMax } &&
        ActivityContext.TryParse(traceParent, null, out _)
            ? traceParent
            : null;
}
