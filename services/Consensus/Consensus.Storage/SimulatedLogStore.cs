using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// A disk in memory. What was staged and not completed is in its cache. When the machine loses power
/// (<see cref="Crash"/>) the cache is gone, except for a part from its front that chance chooses: the torn tail. When
/// only the process is killed (<see cref="Kill"/>) such a part stays in the cache: it can be read, and is durable once
/// it is flushed. A closed store can be opened again.
/// </summary>
public sealed class SimulatedLogStore : ILogStore
{
    private readonly List<LogEntry> _entries = [];
    private readonly List<Persistence> _staged = [];
    private HardState _state;

    /// <summary>Set to make the next write fail, as a broken disk does.</summary>
    public bool FailsNextWrite { get; set; }

    /// <summary>Clear to make a classic mistake: to take what a killed process left in the cache for durable.</summary>
    public bool FlushesAtLoad { get; set; } = true;

    public int FlushCount { get; private set; }

    /// <summary>What is durable now.</summary>
    public IReadOnlyList<LogEntry> DurableEntries => _entries;

    private bool HasFailed { get; set; }

    private HardState? NewestStagedState => _staged.LastOrDefault(static write => write.State is not null)?.State;

    public DurableState Load()
    {
        if (FlushesAtLoad && _staged.Count > 0) Complete();
        var entries = _entries.ToList();
        foreach (var entry in _staged.SelectMany(static write => write.Entries)) Put(entry, entries);
        return new DurableState(NewestStagedState ?? _state, entries);
    }

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

        // The newest term and vote are written before the entries of the same group, as the files do it.
        var survives = random.NextDouble();
        var state = NewestStagedState;
        if (state is not null && random.NextDouble() >= survives) (state, survives) = (null, 0);
        var entries = _staged.SelectMany(static write => write.Entries).ToList();
        var left = new Persistence
        {
            Number = _staged[^1].Number,
            State = state,
            Entries = [.. entries.Take((int)(entries.Count * survives))],
        };
        _staged.Clear();
        _staged.Add(left);
    }

    public void Dispose()
    {
        HasFailed = false;
        FailsNextWrite = false;
    }

    private void Apply(List<Persistence> writes)
    {
        foreach (var write in writes)
        {
            if (write.State is { } state) _state = state;
            foreach (var entry in write.Entries) Put(entry, _entries);
        }
    }

    private static void Put(LogEntry entry, List<LogEntry> entries)
    {
        Invariant.Holds(entry.Index.Value >= 1);
        Invariant.Holds(entry.Index.Value <= (ulong)entries.Count + 1);
        var keep = (int)entry.Index.Previous().Value;
        entries.RemoveRange(keep, entries.Count - keep);
        entries.Add(entry);
    }
}
