using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// The end of the log in memory, with the marks that move over it; what is before its base is in a snapshot. From left
/// to right at any moment: base &lt;= applied &lt;= handed to the state machine &lt;= min(commit, stable), and commit
/// &lt;= last, stable &lt;= last. Only while a snapshot of another voter is taken over is applied before base.
/// </summary>
internal sealed class RaftLog
{
    // Invariant: _entries[i].Index is BaseIndex + 1 + i, and terms never fall.
    private readonly List<LogEntry> _entries;

    // What the disk has been given and has not confirmed, with the last place it will hold then, oldest first.
    private readonly List<(PersistenceNumber Number, LogIndex Last, Instant GivenAt)> _unconfirmed = [];

    // When the disk last confirmed something.
    private Instant _confirmedAt;

    // A snapshot that the state machine must take before it is given anything else.
    private SnapshotInfo? _toRestore;

    public RaftLog(IReadOnlyList<LogEntry> durable, SnapshotInfo? snapshot = null)
    {
        _entries = new List<LogEntry>(durable.Count);
        if (snapshot is { } taken)
            (BaseIndex, BaseTerm, Commit, _toRestore) = (taken.Index, taken.Term, taken.Index, taken);
        foreach (var entry in durable) Append(entry);
        Stable = LastIndex;
        UnwrittenFrom = LastIndex.Next();
    }

    /// <summary>The last place that is not in memory any more; its term is still known.</summary>
    public LogIndex BaseIndex { get; private set; }

    public Term BaseTerm { get; private set; }

    public LogIndex LastIndex => BaseIndex + _entries.Count;

    public Term LastTerm => _entries.Count == 0 ? BaseTerm : _entries[^1].Term;

    /// <summary>Bytes of the commands in memory.</summary>
    public long Bytes { get; private set; }

    /// <summary>Everything up to here is on a majority's disks, for ever.</summary>
    public LogIndex Commit { get; private set; }

    /// <summary>Everything up to here is on this node's disk as it stands in memory.</summary>
    public LogIndex Stable { get; private set; }

    public LogIndex HandedToApply { get; private set; }

    public LogIndex Applied { get; private set; }

    /// <summary>The first place that the disk has not been given yet.</summary>
    public LogIndex UnwrittenFrom { get; private set; }

    public bool HasUnconfirmed => _unconfirmed.Count > 0;

    /// <summary>
    /// Since when the disk has had something to confirm and confirmed nothing; null when it has nothing. A disk that is
    /// merely behind confirms one write after the other, so the time that a write waits for others does not count.
    /// </summary>
    public Instant? UnconfirmedSince =>
        _unconfirmed.Count > 0 ? Instant.Max(_unconfirmed[0].GivenAt, _confirmedAt) : null;

    public LogEntry this[LogIndex index] => _entries[checked((int)(index.Value - BaseIndex.Value - 1))];

    /// <summary>The term at a place; null beyond the last, and before the base.</summary>
    public Term? TermAt(LogIndex index) =>
        index == BaseIndex ? BaseTerm : index < BaseIndex || index > LastIndex ? null : this[index].Term;

    public bool Matches(LogIndex index, Term term) => TermAt(index) == term;

    /// <summary>Raft 5.4.1: the later last term wins, in the same term the longer log.</summary>
    public bool IsUpToDate(LogIndex lastIndex, Term lastTerm) =>
        lastTerm > LastTerm || (lastTerm == LastTerm && lastIndex >= LastIndex);

    /// <summary>
    /// The last place at or before <paramref name="from"/> whose term is at most <paramref name="term"/>: nothing
    /// after it can agree with a log that has that term there, because terms never fall. Before the base terms are
    /// forgotten: then a place there.
    /// </summary>
    public LogIndex LastWithTermAtMost(LogIndex from, Term term)
    {
        if (from < BaseIndex) return from;
        if (BaseTerm > term) return BaseIndex.Previous();
        ulong low = BaseIndex.Value, high = LogIndex.Earlier(from, LastIndex).Value;
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (this[new LogIndex(middle)].Term <= term) low = middle;
            else high = middle - 1;
        }

        return new LogIndex(low);
    }

    public void Append(LogEntry entry)
    {
        Invariant.Holds(entry.Index == LastIndex.Next());
        Invariant.Holds(entry.Term >= LastTerm);
        _entries.Add(entry);
        Bytes += entry.Command.Length;
    }

    /// <summary>Forgets everything from a place on. What is committed is never forgotten.</summary>
    public void TruncateFrom(LogIndex index)
    {
        Invariant.Holds(index > Commit);
        Invariant.Holds(index <= LastIndex);
        var keep = index.Previous();
        Forget((int)(keep.Value - BaseIndex.Value), (int)(LastIndex.Value - keep.Value));
        Stable = LogIndex.Earlier(Stable, keep);
        UnwrittenFrom = LogIndex.Earlier(UnwrittenFrom, index);

        // The disk may still confirm a write of what is now gone; that says nothing of what takes its place.
        foreach (ref var write in CollectionsMarshal.AsSpan(_unconfirmed))
            write.Last = LogIndex.Earlier(write.Last, keep);
    }

    /// <summary>Forgets what a durable snapshot holds, up to a place.</summary>
    public void CompactTo(LogIndex index)
    {
        Invariant.Holds(index > BaseIndex);
        Invariant.Holds(index <= Applied);
        var term = this[index].Term;
        Forget(0, (int)(index.Value - BaseIndex.Value));
        (BaseIndex, BaseTerm) = (index, term);
    }

    /// <summary>
    /// Puts a snapshot of another voter, which the disk is being given, in the place of everything. What the disk still
    /// confirms of the old log counts nothing.
    /// </summary>
    public void ReplaceBy(SnapshotInfo snapshot)
    {
        Forget(0, _entries.Count);
        (BaseIndex, BaseTerm, Commit, _toRestore) = (snapshot.Index, snapshot.Term, snapshot.Index, snapshot);
        Stable = LogIndex.Earlier(Stable, snapshot.Index.Previous());
        UnwrittenFrom = LastIndex.Next();
        foreach (ref var write in CollectionsMarshal.AsSpan(_unconfirmed))
            write.Last = LogIndex.Earlier(write.Last, Stable);
    }

    /// <summary>Entries from a place on, bounded by number and bytes, at least one when there is one.</summary>
    public ImmutableArray<LogEntry> Slice(LogIndex from, int entriesMax, long bytesMax)
    {
        if (from > LastIndex) return [];
        Invariant.Holds(from > BaseIndex);
        var start = (int)(from.Value - BaseIndex.Value - 1);
        var available = Math.Min(entriesMax, _entries.Count - start);
        var count = 0;
        for (long bytes = 0; count < available; count++)
        {
            bytes += _entries[start + count].Command.Length;
            if (count > 0 && bytes > bytesMax) break;
        }

        return [.. CollectionsMarshal.AsSpan(_entries).Slice(start, count)];
    }

    public void CommitTo(LogIndex index)
    {
        Invariant.Holds(index >= Commit);
        Invariant.Holds(index <= LastIndex);
        Commit = index;
    }

    /// <summary>What the disk must be given now; remembered until it is confirmed.</summary>
    public ImmutableArray<LogEntry> TakeUnwritten(PersistenceNumber number, Instant now)
    {
        var entries = Slice(UnwrittenFrom, int.MaxValue, long.MaxValue);
        UnwrittenFrom = LastIndex.Next();
        _unconfirmed.Add((number, LastIndex, now));
        return entries;
    }

    /// <summary>Everything the disk was given up to this number is durable.</summary>
    public void ConfirmWritten(PersistenceNumber upTo, Instant now)
    {
        var confirmed = 0;
        while (confirmed < _unconfirmed.Count && _unconfirmed[confirmed].Number <= upTo)
            Stable = LogIndex.Later(Stable, _unconfirmed[confirmed++].Last);
        if (confirmed == 0) return;
        _unconfirmed.RemoveRange(0, confirmed);
        _confirmedAt = now;
    }

    /// <summary>The snapshot that the state machine must take now, once it is idle and the snapshot durable.</summary>
    public SnapshotInfo? TakeForRestore()
    {
        if (_toRestore is not { } snapshot || HandedToApply != Applied || Stable < snapshot.Index) return null;
        _toRestore = null;
        HandedToApply = snapshot.Index;
        return snapshot;
    }

    /// <summary>The next entries for the state machine; none while it still works on the ones before.</summary>
    public ImmutableArray<LogEntry> TakeForApply(int entriesMax)
    {
        var upTo = LogIndex.Earlier(Commit, Stable);
        if (_toRestore is not null || HandedToApply != Applied || upTo <= HandedToApply) return [];
        var count = (int)Math.Min((ulong)entriesMax, upTo.Value - HandedToApply.Value);
        var entries = Slice(HandedToApply.Next(), count, long.MaxValue);
        HandedToApply += count;
        return entries;
    }

    public void ConfirmApplied(LogIndex upTo)
    {
        Invariant.Holds(upTo >= Applied);
        Invariant.Holds(upTo <= HandedToApply);
        Applied = upTo;
    }

    private void Forget(int first, int count)
    {
        foreach (var entry in CollectionsMarshal.AsSpan(_entries).Slice(first, count)) Bytes -= entry.Command.Length;
        _entries.RemoveRange(first, count);
    }
}
