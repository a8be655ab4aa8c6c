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
/// does them in <see cref="Guard{T}"/> or <see cref="GuardAsync{T}"/>, where no other write of the same key can come
/// between.
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
    public GateAnswer Pass(string key, Epoch epoch) => Guard(key, epoch, static () => true, out _);

    /// <summary>
    /// Writes under the gate, one at a time per key; <paramref name="write"/> is not called when refused.
    /// </summary>
    /// <exception cref="EpochGateFullException">The key is new, and there are too many.</exception>
    public GateAnswer Guard<T>(string key, Epoch epoch, Func<T> write, out T? result)
    {
        ArgumentNullException.ThrowIfNull(write);
        if (EntryFor(key, epoch) is { } entry) return entry.Guard(new Visit(_store, key, epoch), write, out result);
        result = default;
        return Refused(_store.Load(key));
    }

    /// <summary>
    /// The same for a write that awaits. Those of one key take turns in the order they came; one that is refused
    /// waits for no turn. A write that hangs holds up its key, so give it a deadline, and ask for no other turn of the
    /// same key inside it.
    /// </summary>
    /// <exception cref="EpochGateFullException">The key is new, and there are too many.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before its turn: nothing was begun.</exception>
    public Task<Guarded<T>> GuardAsync<T>(
        string key, Epoch epoch, Func<CancellationToken, Task<T>> write, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(write);
        return EntryFor(key, epoch) is { } entry
            ? entry.GuardAsync(new Visit(_store, key, epoch), write, cancel)
            : Task.FromResult(new Guarded<T>(Refused(_store.Load(key)), default));
    }

    /// <summary>The highest epoch that passed; <see cref="Epoch.None"/> where none did.</summary>
    public Epoch Highest(string key) =>
        _entries.TryGetValue(key, out var entry) ? entry.Highest : _store.Load(key);

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
        Telemetry.EpochRefused(Telemetry.ProcessGuard);
        return new GateAnswer(Passed: false, highest);
    }

    /// <summary>A write at the gate.</summary>
    private readonly record struct Visit(IEpochStore Store, string Key, Epoch Epoch);

    /// <summary>
    /// One key. What awaits cannot hold a lock, so it leaves behind what the next has to wait for; what does not await
    /// writes under the lock, once nobody's turn is under way.
    /// </summary>
    private sealed class Entry(Epoch highest)
    {
        private readonly Lock _gate = new();
        private Epoch _highest = highest;

        // Invariant: completes when every turn that was asked for has ended.
        private Task _turns = Task.CompletedTask;

        public Epoch Highest
        {
            get
            {
                lock (_gate) return _highest;
            }
        }

        public GateAnswer Guard<T>(Visit visit, Func<T> write, out T? result)
        {
            while (true)
            {
                Task turns;
                lock (_gate)
                {
                    if (visit.Epoch < _highest || _turns.IsCompleted)
                    {
                        var answer = PassLocked(visit);
                        result = answer.Passed ? write() : default;
                        return answer;
                    }

                    turns = _turns;
                }

                turns.GetAwaiter().GetResult();
            }
        }

        public async Task<Guarded<T>> GuardAsync<T>(
            Visit visit, Func<CancellationToken, Task<T>> write, CancellationToken cancel)
        {
            var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task before;
            lock (_gate)
            {
                if (visit.Epoch < _highest) return new Guarded<T>(PassLocked(visit), default);
                before = _turns;
                _turns = mine.Task;
            }

            try
            {
                await before.WaitAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                // Who waits behind this one waits for those before it all the same.
                _ = before.ContinueWith(
                    _ => mine.SetResult(),
                    CancellationToken.None,
                    TaskContinuationOptions.None,
                    TaskScheduler.Default);
                throw;
            }

            try
            {
                GateAnswer answer;
                lock (_gate) answer = PassLocked(visit);
                return new Guarded<T>(answer, answer.Passed ? await write(cancel) : default);
            }
            finally
            {
                mine.SetResult();
            }
        }

        private GateAnswer PassLocked(Visit visit)
        {
            if (visit.Epoch < _highest) return Refused(_highest);
            if (visit.Epoch > _highest)
            {
                visit.Store.Save(visit.Key, visit.Epoch);
                _highest = visit.Epoch;
            }

            return new GateAnswer(Passed: true, _highest);
        }
    }
}
