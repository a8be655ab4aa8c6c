using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// A disk in memory that can crash. What was staged and not completed is lost at a crash, except for a part from its
/// front that chance chooses: the torn tail. A closed store can be opened again and holds what is durable.
/// </summary>
public sealed class SimulatedLogStore : ILogStore
{
    private readonly List<LogEntry> _entries = [];
    private readonly List<Persistence> _staged = [];
    private HardState _state;

    /// <summary>Set to make the next write fail, as a broken disk does.</summary>
    public bool FailsNextWrite { get; set; }

    public int FlushCount { get; private set; }

    /// <summary>What is durable now.</summary>
    public IReadOnlyList<LogEntry> DurableEntries => _entries;

    private bool HasFailed { get; set; }

    public DurableState Load() => new(_state, [.. _entries]);

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
        foreach (var write in _staged)
        {
            if (write.State is { } state) _state = state;
            foreach (var entry in write.Entries) Put(entry);
        }

        _staged.Clear();
    }

    /// <summary>The machine loses power: of what was staged a part from the front survives.</summary>
    public void Crash(Random random)
    {
        // The newest term and vote are written before the entries of the same group, as the files do it.
        var survives = random.NextDouble();
        var states = _staged.Where(static write => write.State is not null).ToList();
        if (states.Count > 0 && random.NextDouble() < survives) _state = states[^1].State!.Value;
        else survives = states.Count > 0 ? 0 : survives;

        var entries = _staged.SelectMany(static write => write.Entries).ToList();
        foreach (var entry in entries.Take((int)(entries.Count * survives))) Put(entry);
        _staged.Clear();
    }

    public void Dispose()
    {
        _staged.Clear();
        HasFailed = false;
        FailsNextWrite = false;
    }

    private void Put(LogEntry entry)
    {
        Invariant.Holds(entry.Index.Value >= 1);
        Invariant.Holds(entry.Index.Value <= (ulong)_entries.Count + 1);
        var keep = (int)entry.Index.Previous().Value;
        _entries.RemoveRange(keep, _entries.Count - keep);
        _entries.Add(entry);
    }
}
