using System.Net.Sockets;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// A connection that a thread of its own reads, for as long as it stands. What others await completes here at once,
/// since the thread waits in the kernel: when bytes come, one thread wakes, the one that does the work. With a socket
/// that does not block it would be two, the one that looks after all sockets, and one of the pool.
/// </summary>
/// <param name="socket">Blocks: nothing asynchronous was ever done with it. Disposed with this.</param>
internal sealed class BlockingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    /// <summary>Bytes that came in and stay there; 0 at the end.</summary>
    public int Peek(Span<byte> into, CancellationToken cancel)
    {
        using var ending = EndWith(cancel);
        try
        {
            return Socket.Receive(into, SocketFlags.Peek);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            cancel.ThrowIfCancellationRequested();
            throw;
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var ending = EndWith(cancellationToken);
        try
        {
            return ValueTask.FromResult(Read(buffer.Span));
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var ending = EndWith(cancellationToken);
        try
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <summary>Only the end of the socket wakes a thread that waits for it in the kernel.</summary>
    private CancellationTokenRegistration EndWith(CancellationToken cancel) =>
        cancel.UnsafeRegister(static ended => ((Socket)ended!).Dispose(), Socket);
}
