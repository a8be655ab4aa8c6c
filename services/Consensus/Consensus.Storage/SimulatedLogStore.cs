using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// A disk in memory. What was staged and not completed is in its cache. When the machine loses power
/// (<see cref="Crash"/>) the cache is gone, except for a part from its front that chance chooses: the torn tail. When
/// only the process is killed (<see cref="Kill"/>) such a part stays in the cache: it can be read, and is durable once
/// it is flushed. A closed store can be opened again.
/// </summary>
public sealed class SimulatedLogStore : ILogStore
{
    private readonly List<Persistence> _staged = [];
    private readonly SimulatedSnapshots _snapshots = new();
    private readonly SimulatedLog _log = new();
    private HardState _state;
    private Term? _lostIn;

    /// <inheritdoc/>
    public ISnapshotStore Snapshots => _snapshots;

    /// <summary>The newest snapshot and its content.</summary>
    public SnapshotInfo? Snapshot => _snapshots.Newest;

    public ReadOnlyMemory<byte> SnapshotContent => _snapshots.Content;

    /// <summary>Set to make the next write fail, as a broken disk does.</summary>
    public bool FailsNextWrite { get; set; }

    /// <summary>Clear to make a classic mistake: to take what a killed process left in the cache for durable.</summary>
    public bool FlushesAtLoad { get; set; } = true;

    public int FlushCount { get; private set; }

    /// <summary>What of the log is durable now, as far as it was not compacted.</summary>
    public IReadOnlyList<LogEntry> DurableEntries => _log.Entries;

    private bool HasFailed { get; set; }

    private HardState? NewestStagedState => _staged.LastOrDefault(static write => write.State is not null)?.State;

    /// <summary>Whether this entry, or a snapshot that holds it, survives every crash.</summary>
    public bool HasDurable(LogIndex index, Term term) =>
        index <= Snapshot?.Index || (index > _log.Base.Index && _log.TermAt(index) == term);

    public DurableState Load()
    {
        // The order of files that are read in a cache: what was staged lies over what is durable.
        _snapshots.Forget();
        if (FlushesAtLoad && _staged.Count > 0) Complete();
        if (_staged.Count == 0 && Snapshot is { } newest) _log.BeginAfter(newest);
        var log = _log.Copy();
        foreach (var write in _staged) log.Take(write, _ => { });
        return new DurableState(NewestStagedState ?? _state, log.After(Snapshot), Snapshot) { LostIn = _lostIn };
    }

    /// <summary>
    /// The log turns out to be damaged from a place on: it is set aside from there, and that is remembered until the
    /// voter says that it has everything again. To be called while the store is closed.
    /// </summary>
    public void Lose(LogIndex from)
    {
        Complete();
        _lostIn = _state.Term;
        _log.CutFrom(from);
    }

    /// <summary>A bit of the newest snapshot flips, unnoticed.</summary>
    public void RotSnapshot() => _snapshots.Rot();

    public void Write(IReadOnlyList<Persistence> group)
    {
        foreach (var write in group) Stage(write);
        Complete();
    }

    /// <summary>Hands a write to the disk, which holds it in its cache for now.</summary>
    public void Stage(Persistence write) => _staged.Add(write);

    /// <summary>Flushes: everything staged is durable.</summary>
    public void Complete()
    {
        if (HasFailed || FailsNextWrite)
        {
            HasFailed = true;
            throw new StorageFailedException("simulated", new IOException("The simulated disk is broken."));
        }

        FlushCount++;
        Apply(_staged);
        _staged.Clear();
    }

    /// <summary>The machine loses power: of what was staged a part from the front survives on the disk.</summary>
    public void Crash(Random random)
    {
        Kill(random);
        Apply(_staged);
        _staged.Clear();
    }

    /// <summary>The process is killed: of what was staged a part from the front is in the cache, and stays.</summary>
    public void Kill(Random random)
    {
        if (_staged.Count == 0) return;

        // The newest term and vote are written before the entries of the same group, as the files do it. A part of a
        // snapshot is a step like an entry; what a process had received in part is worth nothing to the next.
        var survives = random.NextDouble();
        var state = NewestStagedState;
        if (state is not null && random.NextDouble() >= survives) (state, survives) = (null, 0);
        var steps = _staged.SelectMany(StepsOf).ToList();
        var number = _staged[^1].Number;
        var surviving = steps.Take((int)(steps.Count * survives)).ToList();
        _staged.Clear();
        _staged.Add(new Persistence { Number = number, State = state });
        var installed = surviving.FindLastIndex(static step => step.Chunk is { IsLast: true });
        if (installed >= 0)
        {
            // A snapshot is flushed before it has its name, and what was before it is void.
            Apply([.. _staged, .. surviving[..(installed + 1)]]);
            _staged.Clear();
            surviving.RemoveRange(0, installed + 1);
        }

        _staged.AddRange(surviving.Where(static step => step.Chunk is null));
    }

    public void Dispose()
    {
        HasFailed = false;
        FailsNextWrite = false;
    }

    private static IEnumerable<Persistence> StepsOf(Persistence write)
    {
        if (write.Chunk is not null) yield return new Persistence { Number = write.Number, Chunk = write.Chunk };
        foreach (var entry in write.Entries) yield return new Persistence { Number = write.Number, Entries = [entry] };
        if (write.CompactTo is not null)
            yield return new Persistence { Number = write.Number, CompactTo = write.CompactTo };
    }

    private void Apply(List<Persistence> writes)
    {
        foreach (var write in writes)
        {
            if (write.State is { } state) _state = state;
            if (write.IsRecovered) _lostIn = null;
            _log.Take(write, _snapshots.Take);
        }
    }
}
