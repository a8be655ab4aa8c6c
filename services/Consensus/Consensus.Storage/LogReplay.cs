using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// What the records of all segments come to, read in their order: later entries replace earlier ones, a segment may
/// begin the log anew after an installed snapshot, and what the newest snapshot holds is left out.
/// </summary>
internal sealed class LogReplay(SnapshotInfo? snapshot)
{
    private readonly List<LogEntry> _entries = [];

    // The last entry so far, and the one at the snapshot's place; null before anything is known of it.
    private SnapshotMark? _last;
    private Term? _termAtSnapshot;
    private LogIndex _highest;

    /// <summary>The log after the snapshot.</summary>
    public IReadOnlyList<LogEntry> Entries => _entries;

    /// <summary>The last place of the log, with its term.</summary>
    public SnapshotMark Last => _entries.Count > 0
        ? new SnapshotMark(_entries[^1].Index, _entries[^1].Term)
        : new SnapshotMark(SnapshotIndex, snapshot?.Term ?? Term.Zero);

    /// <summary>
    /// The log does not go through the snapshot's place: the process ended between the two steps of taking over a
    /// leader's snapshot, or there is no log yet. It begins anew after the snapshot.
    /// </summary>
    public bool IsVoid { get; private set; }

    private LogIndex SnapshotIndex => snapshot?.Index ?? LogIndex.Zero;

    /// <summary>A segment begins, after this entry. Segments of the first format do not say.</summary>
    public void Begin(string path, SnapshotMark? after)
    {
        if (after is not { } mark || mark == _last) return;
        if (mark.Index > SnapshotIndex)
            throw new LogCorruptException(
                path, 0, $"the log goes on after entry {mark.Index}, but a snapshot holds only {SnapshotIndex}");

        // After an installed snapshot: what older segments hold is void.
        _entries.Clear();
        _last = mark;
        _termAtSnapshot = mark.Index == SnapshotIndex ? mark.Term : null;
    }

    public void Take(string path, long offset, ImmutableArray<LogEntry> record)
    {
        foreach (var entry in record)
        {
            var isGap = _last is { } last ? entry.Index > last.Index.Next() : entry.Index > SnapshotIndex.Next();
            if (entry.Index == LogIndex.Zero || isGap)
                throw new LogCorruptException(path, offset, $"entry {entry.Index} follows entry {_last?.Index}");
            Take(path, offset, entry);
            _last = new SnapshotMark(entry.Index, entry.Term);
            _highest = LogIndex.Later(_highest, entry.Index);
        }
    }

    /// <summary>The highest place that was read since this was asked last.</summary>
    public LogIndex TakeHighest()
    {
        var highest = _highest;
        _highest = LogIndex.Zero;
        return highest;
    }

    public void End()
    {
        if (snapshot is not { } taken) return;
        IsVoid = _termAtSnapshot != taken.Term;
        if (IsVoid) _entries.Clear();
    }

    private void Take(string path, long offset, LogEntry entry)
    {
        if (entry.Index <= SnapshotIndex)
        {
            _entries.Clear();
            _termAtSnapshot = entry.Index == SnapshotIndex ? entry.Term : null;
            return;
        }

        var keep = (int)(entry.Index.Value - SnapshotIndex.Value - 1);
        _entries.RemoveRange(keep, _entries.Count - keep);
        if (keep > 0 && _entries[^1].Term > entry.Term)
            throw new LogCorruptException(path, offset, $"the term falls at entry {entry.Index}");
        _entries.Add(entry);
    }
}
