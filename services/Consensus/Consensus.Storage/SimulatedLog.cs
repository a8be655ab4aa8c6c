using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage;

/// <summary>The log as the segments of a disk come to: what follows one place, which a snapshot must hold.</summary>
internal sealed class SimulatedLog
{
    private readonly List<LogEntry> _entries = [];

    public SnapshotMark Base { get; private set; }

    public IReadOnlyList<LogEntry> Entries => _entries;

    public Term? TermAt(LogIndex index)
    {
        if (index == Base.Index) return Base.Term;
        var place = (long)index.Value - (long)Base.Index.Value - 1;
        return place < 0 || place >= _entries.Count ? null : _entries[(int)place].Term;
    }

    public SimulatedLog Copy()
    {
        var copy = new SimulatedLog { Base = Base };
        copy._entries.AddRange(_entries);
        return copy;
    }

    /// <summary>Does what one hand-over says. The content of snapshots is another's.</summary>
    public void Take(Persistence write, Action<SnapshotChunk> onChunk)
    {
        if (write.Chunk is { } chunk)
        {
            onChunk(chunk);
            if (chunk.IsLast)
            {
                Base = new SnapshotMark(chunk.Snapshot.Index, chunk.Snapshot.Term);
                _entries.Clear();
            }
        }

        foreach (var entry in write.Entries) Put(entry);
        if (write.CompactTo is { } index && index > Base.Index) CompactTo(index);
    }

    /// <summary>
    /// What follows a snapshot. Nothing, where the log does not go through its place: then it is from before the
    /// snapshot, and void.
    /// </summary>
    public IReadOnlyList<LogEntry> After(SnapshotInfo? snapshot)
    {
        var after = snapshot?.Index ?? LogIndex.Zero;
        Invariant.Holds(Base.Index <= after);
        return snapshot is null || TermAt(after) == snapshot.Value.Term
            ? [.. _entries.Where(entry => entry.Index > after)]
            : [];
    }

    /// <summary>A log from before a snapshot is void: it begins anew after it.</summary>
    public void BeginAfter(SnapshotInfo snapshot)
    {
        if (TermAt(snapshot.Index) == snapshot.Term) return;
        Base = new SnapshotMark(snapshot.Index, snapshot.Term);
        _entries.Clear();
    }

    /// <summary>Forgets a place and everything after it.</summary>
    public void CutFrom(LogIndex index) => _entries.RemoveAll(entry => entry.Index >= index);

    private void CompactTo(LogIndex index)
    {
        var term = TermAt(index);
        Invariant.Holds(term is not null);
        _entries.RemoveRange(0, (int)(index.Value - Base.Index.Value));
        Base = new SnapshotMark(index, term.Value);
    }

    private void Put(LogEntry entry)
    {
        Invariant.Holds(entry.Index > Base.Index);
        Invariant.Holds(entry.Index.Value <= Base.Index.Value + (ulong)_entries.Count + 1);
        var keep = (int)(entry.Index.Value - Base.Index.Value - 1);
        _entries.RemoveRange(keep, _entries.Count - keep);
        _entries.Add(entry);
    }
}
