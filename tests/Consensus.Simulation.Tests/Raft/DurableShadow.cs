using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>
/// What a store has promised to keep: everything that it wrote and returned from, and everything that it loaded. After
/// every start it is held against what the disk really brought back.
/// </summary>
internal sealed class DurableShadow
{
    private SimulatedLog _log = new();
    private HardState _state;

    public SnapshotInfo? Snapshot { get; private set; }

    /// <summary>Whether this entry, or a snapshot that holds it, was promised to survive every crash.</summary>
    public bool Has(LogIndex index, Term term) =>
        index <= Snapshot?.Index || (index > _log.Base.Index && _log.TermAt(index) == term);

    public DurableShadow Copy() => new() { _log = _log.Copy(), _state = _state, Snapshot = Snapshot };

    public void Wrote(IReadOnlyList<Persistence> group)
    {
        foreach (var write in group)
        {
            if (write.State is { } state) _state = state;
            if (write.Chunk is { IsLast: true } last) Snapshot = last.Snapshot;
            _log.Take(write, static _ => { });
        }
    }

    public void Saved(SnapshotInfo snapshot)
    {
        if (Snapshot is null || Snapshot.Value.Index < snapshot.Index) Snapshot = snapshot;
    }

    /// <summary>
    /// Demands that a start brought back all that was promised, save what the group that was being written at the crash
    /// had begun to replace, and takes it as the new promise.
    /// </summary>
    public void Loaded(NodeId voter, DurableState loaded, IReadOnlyList<Persistence> interrupted)
    {
        DemandVote(voter, loaded);
        Demand(
            Snapshot is null || loaded.Snapshot?.Index >= Snapshot.Value.Index,
            $"{voter} promised a snapshot of {Snapshot?.Index} and came back with {loaded.Snapshot?.Index}");
        var mayReplace = interrupted.SelectMany(static write => write.Entries).ToList();
        var isReplaced = interrupted.Any(static write => write.Chunk is { IsLast: true }) &&
            loaded.Snapshot?.Index > (Snapshot?.Index ?? LogIndex.Zero);
        foreach (var entry in isReplaced ? [] : _log.Entries)
        {
            if (entry.Index <= loaded.Snapshot?.Index) continue;
            var found = TermAt(loaded, entry.Index);
            var isKept = found == entry.Term || mayReplace.Exists(other =>
                other.Index <= entry.Index && (found is null || other.Index != entry.Index || other.Term == found));
            Demand(isKept, $"{voter} promised entry {entry.Index} of term {entry.Term} and came back with {found}");
        }

        Take(loaded);
    }

    /// <summary>What a damaged disk brought back is all that it promises now; its vote it must have kept.</summary>
    public void Forget(NodeId voter, DurableState loaded)
    {
        DemandVote(voter, loaded);
        Take(loaded);
    }

    private void DemandVote(NodeId voter, DurableState loaded)
    {
        var isVoteKept = loaded.State.Term > _state.Term ||
            (loaded.State.Term == _state.Term && (_state.Vote is null || _state.Vote == loaded.State.Vote));
        Demand(isVoteKept, $"{voter} promised {_state} and came back with {loaded.State}");
    }

    private static Term? TermAt(DurableState loaded, LogIndex index)
    {
        var place = (long)index.Value - (long)(loaded.Snapshot?.Index.Value ?? 0) - 1;
        return place >= 0 && place < loaded.Entries.Count ? loaded.Entries[(int)place].Term : null;
    }

    private static void Demand(bool holds, string what)
    {
        if (!holds) throw new SafetyViolationException("Durability", what);
    }

    private void Take(DurableState loaded)
    {
        _state = loaded.State;
        _log = new SimulatedLog();
        Snapshot = loaded.Snapshot;
        if (loaded.Snapshot is { } snapshot) _log.BeginAfter(snapshot);
        _log.Take(new Persistence { Number = default, Entries = [.. loaded.Entries] }, static _ => { });
    }
}
