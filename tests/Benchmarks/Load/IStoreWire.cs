namespace Holdfast.Benchmarks.Load;

/// <summary>
/// One connection's protocol as bytes, without a socket: requests are written into a buffer, answers are taken from
/// what came in. Both systems are driven by the same loop through this, so neither has the leaner client.
/// </summary>
internal interface IStoreWire
{
    /// <summary>What goes out before the first request.</summary>
    void Open(OutBuffer to);

    /// <summary>False when nothing may be sent now; try again when something came in.</summary>
    bool TryPut(OutBuffer to, int client, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    bool TryGet(OutBuffer to, int client, ReadOnlySpan<byte> key);

    /// <summary>Takes whole answers from the front, and says how many bytes they were.</summary>
    int Take(ReadOnlySpan<byte> received, OutBuffer to, List<StoreAnswer> answers);
}

/// <summary>What a client was answered; the value is null but for a key that was read and is there.</summary>
internal readonly record struct StoreAnswer(int Client, bool IsDone, byte[]? Value = null);

/// <summary>Bytes to send, in an array that grows as far as the outstanding requests need.</summary>
internal sealed class OutBuffer
{
    private byte[] _bytes = new byte[64 * 1024];

    public int Count { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Count);

    public Span<byte> Grow(int count)
    {
        if (_bytes.Length - Count < count) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Count + count));
        Count += count;
        return _bytes.AsSpan(Count - count, count);
    }

    public void Clear() => Count = 0;
}
