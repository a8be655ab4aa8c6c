using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// The connection on which this voter speaks to one other. Sending never waits: a full queue drops its oldest message,
/// and what waited for a connection that broke is dropped too, since Raft repeats what it needs.
/// </summary>
internal sealed class PeerLink(
    RaftVoter peer,
    Handshake handshake,
    RaftTelemetry telemetry,
    ILogger logger,
    int frameBytesMax)
{
    private const int QueueMax = 1024;
    private const int BurstBytesMax = 1024 * 1024;
    private static readonly TimeSpan RetryMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly Channel<RaftMessage> _queue = Channel.CreateBounded<RaftMessage>(
        new BoundedChannelOptions(QueueMax) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest },
        _ => telemetry.MessageDropped("out"));

    private string Address => $"{peer.Host}:{peer.Port}";

    public void Send(RaftMessage message) => _queue.Writer.TryWrite(message);

    public async Task RunAsync(CancellationToken stopping)
    {
        var (retry, version) = (RetryMin, Handshake.Version);
        var isReported = false;
        while (!stopping.IsCancellationRequested)
        {
            var connectedAt = long.MaxValue;
            try
            {
                await using var stream = await ConnectAsync(version, stopping);
                Log.Connected(logger, peer.Node, Address);
                (connectedAt, isReported) = (Stopwatch.GetTimestamp(), false);

                // The next program there may be a newer one.
                var spoken = version;
                version = Handshake.Version;
                await SpeakAsync(stream, spoken, stopping);
            }
            catch (FrameException older) when (
                older.Reason == Handshake.OlderVersion && version > Handshake.OldestVersion)
            {
                version--;
                Log.OlderVersion(logger, peer.Node, Address, version);
                continue;
            }
            catch (Exception failure) when (IsExpected(failure))
            {
                if (stopping.IsCancellationRequested) return;
                version = Handshake.Version;
                if (!isReported) Log.NotConnected(logger, peer.Node, Address, failure.Message);
                isReported = true;
            }

            DropQueue();

            // A connection that breaks as soon as it stands is no reason to dial at full speed for ever.
            var hasLasted = Stopwatch.GetTimestamp() > connectedAt &&
                Stopwatch.GetElapsedTime(connectedAt) >= RetryMax;
            if (hasLasted) retry = RetryMin;
            await Task.Delay(retry * (0.5 + Random.Shared.NextDouble()), stopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            retry = TimeSpan.FromTicks(Math.Min(retry.Ticks * 2, RetryMax.Ticks));
        }
    }

    private static bool IsExpected(Exception failure) =>
        failure is SocketException or IOException or FrameException or OperationCanceledException
            or ObjectDisposedException;

    private async Task<FrameStream> ConnectAsync(uint version, CancellationToken stopping)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        deadline.CancelAfter(ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            SocketTuning.Apply(socket);
            await socket.ConnectAsync(peer.Host, peer.Port, deadline.Token);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var stream = new FrameStream(socket, frameBytesMax);
        try
        {
            await handshake.DialAsync(stream, peer.Node, version, deadline.Token);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private async Task SpeakAsync(FrameStream stream, uint version, CancellationToken stopping)
    {
        // The other side says nothing here: what can be read is the end of the connection.
        using var closed = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var ending = WatchEndAsync(stream, closed);
        try
        {
            while (await _queue.Reader.WaitToReadAsync(closed.Token))
            {
                // Everything that waits goes out together, up to the size of a burst.
                WriteBurst(stream, version);
                await stream.FlushAsync(closed.Token);
            }
        }
        catch (OperationCanceledException cancelled) when (!stopping.IsCancellationRequested)
        {
            throw new IOException("The connection was closed.", cancelled);
        }
        finally
        {
            await closed.CancelAsync();
            await ending;
        }
    }

    private void WriteBurst(FrameStream stream, uint version)
    {
        while (_queue.Reader.TryRead(out var message))
        {
            // What an older voter does not know would cost the connection; without it, it is as if it were lost.
            if (MessageCodec.VersionOf(message) > version) telemetry.MessageDropped("version");
            else if (stream.Write(MessageCodec.ToFrame(message)) >= BurstBytesMax) return;
        }
    }

    private static async Task WatchEndAsync(FrameStream stream, CancellationTokenSource closed)
    {
        // An end is an end, however it comes; what follows is the same.
        await ((Task)stream.ReadAsync(closed.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await closed.CancelAsync();
    }

    private void DropQueue()
    {
        while (_queue.Reader.TryRead(out _)) telemetry.MessageDropped("out");
    }
}
