using Holdfast.Primitives;

namespace Holdfast.Client;

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
