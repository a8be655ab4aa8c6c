namespace Holdfast.Client.Bus;

/// <summary>
/// A bounded memory: over <paramref name="keysMax"/> it forgets the key that was written longest ago, whose next event
/// then counts as new even if it is a late duplicate.
/// </summary>
/// <param name="keysMax">From 1; each key costs about 200 bytes.</param>
public sealed class MemorySequenceStore(int keysMax = MemorySequenceStore.KeysMaxDefault) : ISequenceStore
{
    public const int KeysMaxDefault = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, string Sequence)>> _nodes =
        new(StringComparer.Ordinal);

    private readonly LinkedList<(string Key, string Sequence)> _byAge = new();

    /// <inheritdoc/>
    public ValueTask<string?> ReadAsync(string key, CancellationToken cancel)
    {
        lock (_lock) return ValueTask.FromResult(_nodes.GetValueOrDefault(key)?.Value.Sequence);
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(string key, string sequence, CancellationToken cancel)
    {
        lock (_lock)
        {
            if (_nodes.TryGetValue(key, out var known)) _byAge.Remove(known);
            else if (_nodes.Count >= keysMax && _byAge.First is { } oldest) ForgetLocked(oldest);
            _nodes[key] = _byAge.AddLast((key, sequence));
        }

        return ValueTask.CompletedTask;
    }

    private void ForgetLocked(LinkedListNode<(string Key, string Sequence)> node)
    {
        _byAge.Remove(node);
        _nodes.Remove(node.Value.Key);
    }
}
