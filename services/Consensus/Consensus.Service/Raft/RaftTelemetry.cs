using System.Diagnostics.Metrics;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What one voter measures of its Raft. Every name is explained in docs/metrics.md.</summary>
internal sealed class RaftTelemetry : IDisposable
{
    private const string MeterName = "Holdfast.Consensus";

    private readonly Meter _meter;
    private readonly Histogram<double> _flushDuration;
    private readonly Histogram<int> _flushEntries;
    private readonly Counter<long> _proposals;
    private readonly Counter<long> _elections;
    private readonly Counter<long> _leaderships;
    private readonly Counter<long> _framesDropped;
    private readonly Counter<long> _framesRefused;
    private readonly Counter<long> _violations;
    private readonly Counter<long> _transfers;
    private readonly Counter<long> _hints;
    private readonly Counter<long> _changes;
    private readonly Histogram<double> _snapshotDuration;
    private readonly Histogram<long> _snapshotSize;
    private readonly Counter<long> _snapshots;

    public RaftTelemetry(NodeId node, Func<RaftStatus> status)
    {
        _meter = new Meter(MeterName, version: null, [new("holdfast.node", node.Value)]);
        _flushDuration = _meter.CreateHistogram<double>("holdfast.consensus.raft.flush.duration", "s");
        _flushEntries = _meter.CreateHistogram<int>("holdfast.consensus.raft.flush.entries", "{entry}");
        _proposals = _meter.CreateCounter<long>("holdfast.consensus.raft.proposals", "{proposal}");
        _elections = _meter.CreateCounter<long>("holdfast.consensus.raft.elections", "{election}");
        _leaderships = _meter.CreateCounter<long>("holdfast.consensus.raft.leaderships", "{leadership}");
        _framesDropped = _meter.CreateCounter<long>("holdfast.consensus.raft.messages.dropped", "{message}");
        _framesRefused = _meter.CreateCounter<long>("holdfast.consensus.raft.frames.refused", "{frame}");
        _violations = _meter.CreateCounter<long>("holdfast.consensus.raft.violations", "{message}");
        _hints = _meter.CreateCounter<long>("holdfast.consensus.raft.hints", "{hint}");
        _transfers = _meter.CreateCounter<long>("holdfast.consensus.raft.transfers", "{transfer}");
        _changes = _meter.CreateCounter<long>("holdfast.consensus.raft.changes", "{change}");
        _snapshotDuration = _meter.CreateHistogram<double>("holdfast.consensus.raft.snapshot.duration", "s");
        _snapshotSize = _meter.CreateHistogram<long>("holdfast.consensus.raft.snapshot.size", "By");
        _snapshots = _meter.CreateCounter<long>("holdfast.consensus.raft.snapshots", "{snapshot}");
        _meter.CreateObservableGauge(
            "holdfast.consensus.raft.log.entries", () => (long)status().EntriesInMemory, "{entry}");
        _meter.CreateObservableGauge(
            "holdfast.consensus.raft.voters", () => (long)status().Members.Voters.Length, "{voter}");
        _meter.CreateObservableGauge(
            "holdfast.consensus.raft.learners", () => (long)status().Members.Learners.Count(), "{learner}");
        _meter.CreateObservableGauge(
            "holdfast.consensus.raft.recovering", () => status().IsRecovering ? 1 : 0, "{voter}");
        _meter.CreateObservableGauge("holdfast.consensus.raft.term", () => (long)status().Term.Value, "{term}");
        _meter.CreateObservableGauge(
            "holdfast.consensus.raft.commit", () => (long)status().CommitIndex.Value, "{entry}");
        _meter.CreateObservableGauge(
            "holdfast.consensus.raft.applied", () => (long)status().AppliedIndex.Value, "{entry}");
    }

    public void Flushed(TimeSpan took, int entries)
    {
        _flushDuration.Record(took.TotalSeconds);
        _flushEntries.Record(entries);
    }

    public void Proposed(int count, string outcome) =>
        _proposals.Add(count, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>A change of members was asked for here: begun, or refused for a reason.</summary>
    public void ChangedMembers(string refusal) =>
        _changes.Add(1, new KeyValuePair<string, object?>("refusal", refusal));

    /// <summary>A snapshot of the own state is durable.</summary>
    public void SnapshotTaken(TimeSpan took, long bytes)
    {
        _snapshotDuration.Record(took.TotalSeconds);
        _snapshotSize.Record(bytes);
        _snapshots.Add(1, new KeyValuePair<string, object?>("outcome", "taken"));
    }

    /// <summary>A leader's snapshot is the own state now.</summary>
    public void SnapshotRestored() => _snapshots.Add(1, new KeyValuePair<string, object?>("outcome", "restored"));

    public void Campaigned() => _elections.Add(1);

    public void BecameLeader() => _leaderships.Add(1);

    /// <summary>News that a voter may be dead.</summary>
    public void Hinted(string kind) => _hints.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <summary>A step of handing leadership on.</summary>
    public void Transferred(string stage) =>
        _transfers.Add(1, new KeyValuePair<string, object?>("stage", stage));

    /// <summary>Sent or received, but the queue was full; Raft repeats what it needs.</summary>
    public void MessageDropped(string direction) =>
        _framesDropped.Add(1, new KeyValuePair<string, object?>("direction", direction));

    /// <summary>Not a frame of a voter of this group.</summary>
    public void FrameRefused(string reason) =>
        _framesRefused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>How long the own certificate is still good, from now on.</summary>
    public void WatchCertificate(Func<DateTime> endsAt) => _meter.CreateObservableGauge(
        "holdfast.consensus.raft.certificate.remaining",
        () => (endsAt() - TimeProvider.System.GetUtcNow().UtcDateTime).TotalSeconds,
        "s");

    public void Violated(string violation) =>
        _violations.Add(1, new KeyValuePair<string, object?>("violation", violation));

    public void Dispose() => _meter.Dispose();
}
