using System.Net.Sockets;
using Holdfast.Handoff.Wire;

namespace Holdfast.Client.Handoff;

/// <summary>What was read from a handoff connection.</summary>
public abstract record HandoffRead
{
    private HandoffRead()
    {
    }

    /// <summary>A frame.</summary>
    public sealed record Frame(HandoffFrame Value) : HandoffRead;

    /// <summary>Bytes that are no frame; the stream is of no use any more.</summary>
    public sealed record Garbled(FrameStatus Status) : HandoffRead;

    /// <summary>The other side closed or broke the connection.</summary>
    public sealed record Ended : HandoffRead;
}

/// <summary>
/// Frames of the handoff protocol over a connected stream, usually a Unix socket. Any number may write, one may read.
/// </summary>
public sealed class HandoffStream(Stream stream) : IAsyncDisposable
{
    private readonly SemaphoreSlim _writing = new(1);
    private readonly byte[] _length = new byte[HandoffCodec.LengthSize];

    /// <summary>Takes over a socket that this process inherited, as a successor does.</summary>
    /// <exception cref="HandoffEnvironmentException">The descriptor is no socket.</exception>
    public static HandoffStream Inherited(int descriptor)
    {
        try
        {
            NativeSocket.CloseOnExec(descriptor);
            var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
            return new HandoffStream(new NetworkStream(socket, ownsSocket: true));
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new HandoffEnvironmentException(
                $"{HandoffEnvironment.SocketVariable} is {descriptor}, which is no socket: {e.Message}");
        }
    }

    /// <summary>Writes one message.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    public async Task WriteAsync(HandoffMessage message, CancellationToken cancel)
    {
        var frame = HandoffCodec.Write(message);
        await _writing.WaitAsync(cancel);
        try
        {
            await stream.WriteAsync(frame, cancel);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            throw new IOException("The handoff connection is closed.", e);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Reads the next message. Makes room for no more than the sender may send.</summary>
    public async Task<HandoffRead> ReadAsync(CancellationToken cancel)
    {
        try
        {
            await stream.ReadExactlyAsync(_length, cancel);
            if (HandoffCodec.TryReadLength(_length, out var length) is var judged and not FrameStatus.Complete)
                return new HandoffRead.Garbled(judged);
            var bytes = new byte[HandoffCodec.LengthSize + length];
            _length.CopyTo(bytes, 0);
            await stream.ReadExactlyAsync(bytes.AsMemory(HandoffCodec.LengthSize), cancel);
            var status = HandoffCodec.TryRead(bytes, out var frame, out _);
            return status == FrameStatus.Complete ? new HandoffRead.Frame(frame) : new HandoffRead.Garbled(status);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException)
        {
            return new HandoffRead.Ended();
        }
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
