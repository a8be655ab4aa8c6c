using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>
/// Snapshots (Raft 7): every voter takes its own and then forgets the log before it; a leader sends its newest to a
/// follower that needs what is forgotten.
/// </content>
public sealed partial class RaftNode
{
    private readonly ImmutableArray<ChunkQuestion>.Builder _read = ImmutableArray.CreateBuilder<ChunkQuestion>();

    // The newest that is durable here. Invariant: at or after the base of the log.
    private SnapshotInfo? _snapshot;
    private SnapshotMark? _capture;
    private bool _isCapturing;
    private SnapshotTurn? _snapshotTurn;
    private long _bytesSinceSnapshot;
    private LogIndex? _compactTo;

    // One that a follower threw away as a whole, and where another was last taken for that.
    private SnapshotInfo? _doubtful;
    private LogIndex _replacedAt;

    /// <summary>The last place that the newest durable snapshot holds.</summary>
    public LogIndex SnapshotIndex => _snapshot?.Index ?? LogIndex.Zero;

    /// <summary>The last place whose entry is not in memory any more.</summary>
    public LogIndex BaseIndex => _log.BaseIndex;

    /// <summary>
    /// A follower in the middle of a snapshot could not finish it if a newer one took its place each time, so the
    /// leader waits for it, as long as it gets on and the log in memory has room.
    /// </summary>
    private bool IsSending =>
        !IsNewestDoubtful &&
        _log.LastIndex.Value - _log.BaseIndex.Value < (ulong)_options.LogEntriesMax &&
        _log.Bytes < _options.LogBytesMax &&
        _followers.Values.Any(follower =>
            follower.Transfer is { } transfer && _now - transfer.MovedAt < ElectionTimeoutMax);

    private void ConsiderSnapshot()
    {
        if (_log.Applied <= SnapshotIndex) return;
        var entries = _log.Applied.Value - SnapshotIndex.Value;
        if (entries < (ulong)_options.SnapshotEntries && _bytesSinceSnapshot < _options.SnapshotBytes) return;
        if (WhyNoSnapshotNow() is null) Capture();
    }

    /// <summary>By somebody's wish, whatever the policy says.</summary>
    private void OnTakeSnapshot()
    {
        var refusal = WhyNoSnapshotNow();
        _snapshotTurn = new SnapshotTurn(refusal ?? SnapshotRefusal.None, _log.Applied);
        if (refusal is null) Capture();
    }

    private SnapshotRefusal? WhyNoSnapshotNow() =>
        _isCapturing ? SnapshotRefusal.UnderWay
        : IsSending ? SnapshotRefusal.BeingSent
        : !IsAnythingNew || _log.TermAt(_log.Applied) is null ? SnapshotRefusal.NothingNew
        : null;

    private bool IsNewestDoubtful => _doubtful is { } doubtful && doubtful == _snapshot;

    /// <summary>In the place of one that may be damaged, the same state is something new.</summary>
    private bool IsAnythingNew =>
        _log.Applied > SnapshotIndex || (IsNewestDoubtful && _log.Applied == SnapshotIndex);

    private void Capture()
    {
        _isCapturing = true;
        _capture = new SnapshotMark(_log.Applied, _log.TermAt(_log.Applied)!.Value, _history.At(_log.Applied));
        if (Has(RaftFaults.CompactBeforeSnapshot) && _log.Applied > _log.BaseIndex) _compactTo = _log.Applied;
    }

    private void OnSnapshotted(SnapshotInfo snapshot)
    {
        Invariant.Holds(_isCapturing);
        Invariant.Holds(snapshot.Index <= _log.Applied);
        _isCapturing = false;

        if (snapshot.Index == SnapshotIndex && IsNewestDoubtful)
        {
            // The log before it is forgotten already.
            _snapshot = snapshot;
            SendAnew();
            return;
        }

        // A leader's newer one came meanwhile.
        if (snapshot.Index <= SnapshotIndex) return;
        Invariant.Holds(_log.Matches(snapshot.Index, snapshot.Term));
        var replacesDoubtful = IsNewestDoubtful;
        _snapshot = snapshot;
        _bytesSinceSnapshot = 0;
        for (var index = snapshot.Index.Next(); index <= _log.Applied; index = index.Next())
            _bytesSinceSnapshot += _log[index].Command.Length;
        _compactTo = snapshot.Index;
        ForgetBefore(snapshot.Index);
        if (replacesDoubtful) SendAnew();
    }

    /// <summary>The newest is another than the doubtful one that is on its way.</summary>
    private void SendAnew()
    {
        _doubtful = null;
        foreach (var follower in _followers.Values)
            if (follower.Transfer is not null) BeginTransfer(follower);
    }

    /// <summary>
    /// Some entries before the snapshot stay in memory, and on a leader what its present followers still need, within
    /// bounds. The disk needs none of them.
    /// </summary>
    private void ForgetBefore(LogIndex snapshot)
    {
        var keepAfter = snapshot.Value - Math.Min(snapshot.Value, (ulong)_options.SnapshotTrailingEntries);
        foreach (var follower in _followers.Values)
        {
            if (_now - follower.LastContact >= ElectionTimeoutMax) continue;
            keepAfter = Math.Min(keepAfter, LogIndex.Later(follower.Match, InstallingOf(follower)).Value);
        }

        var last = _log.LastIndex.Value;
        keepAfter = Math.Max(keepAfter, last - Math.Min(last, (ulong)_options.LogEntriesMax));
        keepAfter = Math.Min(Math.Max(keepAfter, _log.BaseIndex.Value), snapshot.Value);
        var bytes = _log.Bytes;
        for (var index = _log.BaseIndex.Value + 1; index <= keepAfter; index++)
            bytes -= _log[new LogIndex(index)].Command.Length;
        while (bytes > _options.LogBytesMax && keepAfter < snapshot.Value)
            bytes -= _log[new LogIndex(++keepAfter)].Command.Length;
        if (keepAfter <= _log.BaseIndex.Value) return;
        _log.CompactTo(new LogIndex(keepAfter));
        _history.CompactTo(_log.BaseIndex);
    }

    private static LogIndex InstallingOf(FollowerProgress follower) =>
        follower.Transfer?.Snapshot.Index ?? LogIndex.Zero;

    private bool NeedsSnapshot(FollowerProgress follower) =>
        follower.Transfer is null && follower.Next <= _log.BaseIndex;

    private void BeginTransfer(FollowerProgress follower)
    {
        Invariant.Holds(_snapshot is not null);
        follower.BeginTransfer(_snapshot.Value, _now);
        AskForPart(follower);
    }

    private void AskForPart(FollowerProgress follower)
    {
        var transfer = follower.Transfer!;
        follower.SentPart(_now);
        _read.Add(new ChunkQuestion(
            follower.Node, transfer.Snapshot, transfer.Offset, _options.SnapshotChunkBytes));
    }

    private void OnChunkRead(RaftInput.ChunkRead read)
    {
        // The follower, the term or the snapshot may be another by now.
        if (!_followers.TryGetValue(read.To, out var follower) || follower.Transfer is not { } transfer) return;
        if (transfer.Snapshot != read.Snapshot || transfer.Offset != read.Offset) return;
        if (read.Data is not { } data)
        {
            if (transfer.Snapshot != _snapshot) BeginTransfer(follower);
            return;
        }

        var part = new SnapshotChunk(read.Snapshot, read.Offset, data);
        follower.SentPart(_now);
        transfer.Sent(part);
        Send(follower.Node, new InstallSnapshot(Term, part));
    }

    private void OnSnapshotAnswer(FollowerProgress follower, SnapshotAnswer answer)
    {
        if (follower.Transfer is not { } transfer || answer.Index != transfer.Snapshot.Index) return;
        if (answer.NextOffset < 0 || answer.NextOffset > transfer.Snapshot.Bytes)
        {
            _violation = ProtocolViolation.Malformed;
            return;
        }

        if (transfer.IsThrownAway(answer.NextOffset)) OnThrownAway(transfer);
        else if (transfer.MoveTo(answer.NextOffset, _now)) AskForPart(follower);
    }

    /// <summary>
    /// The file may be damaged here, and nothing else would ever say so: another takes its place, even of the same
    /// state. At one place only once, since the fault may be the follower's. Until then, and after that, the parts are
    /// asked for again at the pace of heartbeats.
    /// </summary>
    private void OnThrownAway(SnapshotTransfer transfer)
    {
        transfer.BeginAnew();
        if (transfer.Snapshot != _snapshot) return;
        (_doubtful, _snapshotDamagedAt) = (_snapshot, _now);
        if (_log.Applied <= _replacedAt || WhyNoSnapshotNow() is not null) return;
        _replacedAt = _log.Applied;
        Capture();
    }
}
