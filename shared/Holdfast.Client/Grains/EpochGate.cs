using System.Collections.Concurrent;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// Stands in front of a resource and lets a write pass unless it comes under a lower epoch than the highest that
/// was seen for its key: that write is from an owner who is not one any more. What passes is remembered, in the
/// store first, so that a restart of the resource forgets nothing where the store does not. Thread-safe.
/// It forgets no key ever, since a forgotten one would let an old owner write: when as many keys as it may hold have
/// passed, a write under a new key throws <see cref="EpochGateFullException"/>, and the others go on.
/// </summary>
/// <remarks>
/// The gate decides in one step, but the write comes after it: a resource whose writes are not atomic with the gate
/// does them in <see cref="Guard{T}"/>, where no other write of the same key can come between.
/// </remarks>
/// <param name="store">Where the epochs are kept; absent: in memory.</param>
/// <param name="keysMax">How many keys it may hold. More costs some 200 bytes each.</param>
public sealed class EpochGate(IEpochStore? store = null, int keysMax = EpochGate.DefaultKeysMax)
{
    /// <summary>How many keys a gate or a file holds, unless told otherwise.</summary>
    public const int DefaultKeysMax = 1_000_000;

    private readonly IEpochStore _store = store ?? new MemoryEpochStore();
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _adding = new();

    /// <summary>Whether a write under <paramref name="epoch"/> may pass; remembers the epoch when it may.</summary>
    /// <exception cref="EpochGateFullException">The key is new, and there are too many.</exception>
    public GateAnswer Pass(string key, Epoch epoch)
    {
        if (EntryFor(key, epoch) is not { } entry) return Refused(_store.Load(key));
        lock (entry.Gate) return entry.Pass(_store, key, epoch);
    }

    /// <summary>
    /// Writes under the gate, one at a time per key; <paramref name="write"/> is not called when refused.
    /// </summary>
    /// <exception cref="EpochGateFullException">The key is new, and there are too many.</exception>
    public GateAnswer Guard<T>(string key, Epoch epoch, Func<T> write, out T? result)
    {
        if (EntryFor(key, epoch) is not { } entry)
        {
            result = default;
            return Refused(_store.Load(key));
        }

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
        if (!_entries.TryGetValue(key, out var entry)) return _store.Load(key);
        lock (entry.Gate) return entry.Highest;
    }

    /// <summary>Null where the key has no entry and the store's epoch refuses the write: that needs none.</summary>
    private Entry? EntryFor(string key, Epoch epoch)
    {
        if (_entries.TryGetValue(key, out var known)) return known;
        lock (_adding)
        {
            if (_entries.TryGetValue(key, out known)) return known;
            var saved = _store.Load(key);
            if (epoch < saved) return null;
            if (_entries.Count >= keysMax) throw new EpochGateFullException(key, keysMax);
            return _entries[key] = new Entry(saved);
        }
    }

    private static GateAnswer Refused(Epoch highest)
    {
        Telemetry.EpochsRefused.Add(1);
        return new GateAnswer(Passed: false, highest);
    }

    private sealed class Entry(Epoch highest)
    {
        public Lock Gate { get; } = new();

        public Epoch Highest { get; private set; } = highest;

        public GateAnswer Pass(IEpochStore store, string key, Epoch epoch)
        {
            if (epoch < Highest) return Refused(Highest);
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

/// <summary>A write came under a key that was not seen before, and the gate holds as many as it may.</summary>
public sealed class EpochGateFullException(string key, int keysMax)
    : Exception($"The key '{key}' is new, and {keysMax} are held already; none is forgotten to make room.");

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
