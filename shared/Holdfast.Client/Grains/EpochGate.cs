using System.Collections.Concurrent;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// Stands in front of a resource and lets a write pass unless it comes under a lower epoch than the highest that
/// was seen for its key: that write is from an owner who is not one any more. What passes is remembered, in the
/// store first, so that a restart of the resource forgets nothing where the store does not. Thread-safe.
/// </summary>
/// <remarks>
/// The gate decides in one step, but the write comes after it: a resource whose writes are not atomic with the gate
/// does them in <see cref="Guard{T}"/>, where no other write of the same key can come between.
/// </remarks>
public sealed class EpochGate(IEpochStore? store = null)
{
    private readonly IEpochStore _store = store ?? new MemoryEpochStore();
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Whether a write under <paramref name="epoch"/> may pass; remembers the epoch when it may.</summary>
    public GateAnswer Pass(string key, Epoch epoch)
    {
        var entry = _entries.GetOrAdd(key, NewEntry);
        lock (entry.Gate) return entry.Pass(_store, key, epoch);
    }

    /// <summary>
    /// Writes under the gate, one at a time per key; <paramref name="write"/> is not called when refused.
    /// </summary>
    public GateAnswer Guard<T>(string key, Epoch epoch, Func<T> write, out T? result)
    {
        var entry = _entries.GetOrAdd(key, NewEntry);
        lock (entry.Gate)
        {
            var answer = entry.Pass(_store, key, epoch);
            result = answer.Passed ? write() : default;
            return answer;
        }
    }

    /// <summary>The highest epoch that passed; <see cref="Epoch.None"/> where none did.</summary>
    public Epoch Highest(string key)
    {
        var entry = _entries.GetOrAdd(key, NewEntry);
        lock (entry.Gate) return entry.Highest;
    }

    private Entry NewEntry(string key) => new(_store.Load(key));

    private sealed class Entry(Epoch highest)
    {
        public Lock Gate { get; } = new();

        public Epoch Highest { get; private set; } = highest;

        public GateAnswer Pass(IEpochStore store, string key, Epoch epoch)
        {
            if (epoch < Highest)
            {
                Telemetry.EpochsRefused.Add(1);
                return new GateAnswer(Passed: false, Highest);
            }

            if (epoch > Highest)
            {
                store.Save(key, epoch);
                Highest = epoch;
            }

            return new GateAnswer(Passed: true, Highest);
        }
    }
}

/// <summary>What the gate said.</summary>
/// <param name="Passed">Whether the write may go on.</param>
/// <param name="Highest">The highest epoch seen for the key, this one included.</param>
public readonly record struct GateAnswer(bool Passed, Epoch Highest);

/// <summary>Where a gate keeps the highest epochs. Two implementations: in memory, and in a file.</summary>
public interface IEpochStore
{
    /// <summary>The highest epoch saved for a key; <see cref="Epoch.None"/> where none was.</summary>
    Epoch Load(string key);

    /// <summary>
    /// Keeps an epoch that is above the one before; returns when it is as durable as this store gets.
    /// </summary>
    void Save(string key, Epoch epoch);
}

/// <summary>Keeps nothing beyond the process: after a restart the first write of each key passes.</summary>
public sealed class MemoryEpochStore : IEpochStore
{
    /// <inheritdoc/>
    public Epoch Load(string key) => Epoch.None;

    /// <inheritdoc/>
    public void Save(string key, Epoch epoch)
    {
        // The gate's own entry is all the memory there is.
    }
}
