using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Alerts;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Alerts;

/// <summary>
/// What this voter has to tell operators: shows its view of the group to the detector, takes what its parts report by
/// themselves, and hands all of it to the bus, the log and the metrics. What holds now is readable at any time.
/// </summary>
internal sealed class AlertBoard(
    ConsensusOptions options, RaftHost raft, AlertFeed feed, IMonotonicClock clock, ILogger<AlertBoard> logger)
{
    private readonly Lock _gate = new();
    private readonly AlertDetector _detector = new(options.Alerts);
    private StandingList _standing = new([]);

    /// <summary>The conditions that hold, as operators read them.</summary>
    public IReadOnlyList<string> Standing => Volatile.Read(ref _standing).Texts;

    public void Look(GroupView view)
    {
        lock (_gate) TellLocked(_detector.Look(view, clock.Now()));
    }

    /// <summary>Something that a part of this voter met with itself; repeats in a short time are told as one.</summary>
    public void Report(AlertKind kind, string evidence)
    {
        lock (_gate) TellLocked(_detector.Report(kind, evidence, clock.Now()));
    }

    /// <summary>A condition as one text: its kind, and whom it is about.</summary>
    public static string TextOf(StandingAlert standing) => standing.About is { } about
        ? $"{Words.Of(standing.Kind)} {about}"
        : Words.Of(standing.Kind);

    private void TellLocked(ImmutableArray<Alert> alerts)
    {
        // Before anybody hears of them: whoever is told of a condition finds it among those that hold.
        PublishStandingLocked();
        foreach (var alert in alerts)
        {
            Telemetry.Alerts.Add(1, new KeyValuePair<string, object?>("kind", Words.Of(alert.Kind)));
            Log.Alert(logger, Words.Of(alert.Kind), alert.Evidence);
            feed.Owe(alert, raft.Status.Node);
        }
    }

    private void PublishStandingLocked()
    {
        var standing = _detector.Standing.Select(TextOf).ToList();
        if (standing.SequenceEqual(Standing, StringComparer.Ordinal)) return;
        Volatile.Write(ref _standing, new StandingList(standing));
        Telemetry.AlertsStanding.Record(standing.Count);
    }

    private sealed record StandingList(IReadOnlyList<string> Texts);
}
