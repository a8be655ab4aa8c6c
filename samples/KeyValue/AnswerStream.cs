using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace Holdfast.KeyValue;

/// <summary>
/// Answers on their way to one client. Whoever adds some flushes them; while they are being sent, what others add
/// waits and goes out together after it.
/// </summary>
internal sealed class AnswerStream(Socket socket)
{
    private const int PlaceBytes = 8;
    private const int WaitingBytesMax = 4 * 1024 * 1024;

    private readonly object _gate = new();
    private ArrayBufferWriter<byte> _waiting = new(16 * 1024);
    private ArrayBufferWriter<byte> _sending = new(16 * 1024);
    private bool _isSending;
    private bool _isClosed;
    private int _expected;

    /// <summary>One more answer will come.</summary>
    public void Expect()
    {
        lock (_gate) _expected++;
    }

    public void AddPlace(uint tag, ulong index)
    {
        lock (_gate)
        {
            var frame = _waiting.GetSpan(StoreFrames.AnswerHeaderBytes + PlaceBytes);
            StoreFrames.WriteAnswerHeader(frame, tag, StoreStatus.Done, PlaceBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(frame[StoreFrames.AnswerHeaderBytes..], index);
            AddedLocked(StoreFrames.AnswerHeaderBytes + PlaceBytes);
        }
    }

    public void Add(uint tag, StoreStatus status, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            var frame = _waiting.GetSpan(StoreFrames.AnswerHeaderBytes + payload.Length);
            StoreFrames.WriteAnswerHeader(frame, tag, status, payload.Length);
            payload.CopyTo(frame[StoreFrames.AnswerHeaderBytes..]);
            AddedLocked(StoreFrames.AnswerHeaderBytes + payload.Length);
        }
    }

    /// <summary>Never waits for the client.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_isSending || _isClosed || _waiting.WrittenCount == 0) return;
            _isSending = true;
        }

        _ = SendAllAsync();
    }

    /// <summary>Waits until few enough answers are outstanding and few enough bytes wait for the client.</summary>
    public void AwaitRoom(int inFlightMax)
    {
        lock (_gate)
            while (!_isClosed && (_expected >= inFlightMax || _waiting.WrittenCount >= WaitingBytesMax))
                Monitor.Wait(_gate);
    }

    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _waiting.ResetWrittenCount();
            Monitor.Pulse(_gate);
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            // The first attempt is made here, by the thread that flushes; only a full socket is waited for.
            while (TryTake() is { IsEmpty: false } bytes)
                while (!bytes.IsEmpty) bytes = bytes[await socket.SendAsync(bytes)..];
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The client is gone; whoever reads from it notices.
            Close();
        }
    }

    private ReadOnlyMemory<byte> TryTake()
    {
        lock (_gate)
        {
            _sending.ResetWrittenCount();
            (_waiting, _sending) = (_sending, _waiting);
            _isSending = _sending.WrittenCount > 0;
            Monitor.Pulse(_gate);
            return _sending.WrittenMemory;
        }
    }

    private void AddedLocked(int bytes)
    {
        _expected--;
        if (!_isClosed) _waiting.Advance(bytes);
    }
}
