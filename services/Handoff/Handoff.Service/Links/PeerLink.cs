using System.Net.Sockets;
using System.Threading.Channels;
using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Service.Links;

/// <summary>
/// The stream to an incumbent or a successor: frames in, frames out, in order. What goes wrong on it ends it, once, and
/// is told as an input.
/// </summary>
internal sealed class PeerLink
{
    // A handoff is some dozen frames; a peer that reads none of them is lost, not waited for.
    private const int QueueMax = 256;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(2);

    private readonly Peer _peer;
    private readonly Action<PeerLink, SupervisorInput> _tell;
    private readonly Channel<HandoffMessage> _outgoing = Channel.CreateBounded<HandoffMessage>(
        new BoundedChannelOptions(QueueMax) { SingleReader = true });

    public PeerLink(Peer peer, Action<PeerLink, SupervisorInput> tell) => (_peer, _tell) = (peer, tell);

    /// <summary>Connects to a path and runs until the end; never throws.</summary>
    public async Task ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var deadline = new CancellationTokenSource(ConnectTimeout);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), deadline.Token);
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            Lost($"nobody answers on '{path}': {failure.Message}");
            return;
        }

        await RunAsync(socket);
    }

    /// <summary>Runs on a stream until its end; never throws.</summary>
    public async Task RunAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var closing = new CancellationTokenSource();
        var reading = ReadAsync(stream, closing.Token);
        await WriteAsync(stream);
        await closing.CancelAsync();
        await reading;
    }

    public void Send(HandoffMessage message)
    {
        // Full or closed: its end is told by the one who reads.
        if (!_outgoing.Writer.TryWrite(message)) _outgoing.Writer.TryComplete();
    }

    /// <summary>What was sent before still goes out; nothing is told any more.</summary>
    public void Close() => _outgoing.Writer.TryComplete();

    private async Task ReadAsync(NetworkStream stream, CancellationToken closing)
    {
        var buffer = new byte[HandoffCodec.LengthSize + 4_096];
        var filled = 0;
        try
        {
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(filled), closing);
                if (read == 0)
                {
                    Lost("it ended the stream");
                    return;
                }

                filled += read;
                if (!Drain(ref buffer, ref filled)) return;
            }
        }
        catch (IOException failure)
        {
            Lost(failure.Message);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            return;
        }
    }

    private bool Drain(ref byte[] buffer, ref int filled)
    {
        while (true)
        {
            var status = HandoffCodec.TryRead(buffer.AsSpan(0, filled), out var frame, out var consumed);
            if (status == FrameStatus.NeedMoreBytes) break;
            if (status != FrameStatus.Complete)
            {
                Lost($"its frame is {status}");
                return false;
            }

            buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
            filled -= consumed;
            _tell(this, new SupervisorInput.Heard(_peer, frame.Message));
        }

        // The length is known to be legal before room is made for it.
        if (HandoffCodec.TryReadLength(buffer.AsSpan(0, filled), out var length) == FrameStatus.Complete &&
            length + HandoffCodec.LengthSize > buffer.Length)
        {
            Array.Resize(ref buffer, length + HandoffCodec.LengthSize);
        }

        return true;
    }

    private async Task WriteAsync(NetworkStream stream)
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(CancellationToken.None))
            {
                using var deadline = new CancellationTokenSource(FlushTimeout);
                await stream.WriteAsync(HandoffCodec.Write(message), deadline.Token);
            }
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            // A successor of the crate closes its end after Ready; the reader tells of every end.
            Lost(failure.Message);
        }
    }

    private void Lost(string reason)
    {
        _tell(this, new SupervisorInput.LinkLost(_peer, reason));
        _outgoing.Writer.TryComplete();
    }
}
