using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading.Channels;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// The connection on which this voter speaks to one other. Sending never waits: a full queue drops its oldest message,
/// and what waited for a connection that broke is dropped too, since Raft repeats what it needs.
/// </summary>
internal sealed class PeerLink(
    RaftVoter peer,
    Greeter greeter,
    RaftTelemetry telemetry,
    ILogger logger,
    Action<RaftMessage> onUnknown)
{
    private const int QueueMax = 1024;
    private const int BurstBytesMax = 1024 * 1024;
    private static readonly TimeSpan RetryMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly Channel<RaftMessage> _queue = Channel.CreateBounded<RaftMessage>(
        new BoundedChannelOptions(QueueMax) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest },
        _ => telemetry.MessageDropped("out"));

    // How often somebody wanted to send since whoever sends last looked; zero while nobody sends.
    private int _flushes;
    private Connection? _connection;

    private string Address => $"{peer.Host}:{peer.Port}";

    /// <summary>In which version the other one took the connection that stands; 0 without one.</summary>
    public uint SpokenVersion => Volatile.Read(ref _connection)?.Version ?? 0;

    /// <summary>Queues it; <see cref="Flush"/> sends what is queued.</summary>
    public void Send(RaftMessage message) => _queue.Writer.TryWrite(message);

    /// <summary>Never waits.</summary>
    public void Flush()
    {
        if (_queue.Reader.Count > 0) Send();
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        var (retry, way) = (RetryMin, greeter.Newest);
        var isReported = false;
        while (!stopping.IsCancellationRequested)
        {
            var connectedAt = long.MaxValue;
            try
            {
                var stream = await ConnectAsync(way, stopping).ConfigureAwait(false);
                await using var closing = stream.ConfigureAwait(false);
                Log.Connected(logger, peer.Node, Address);
                (connectedAt, isReported) = (Stopwatch.GetTimestamp(), false);

                // The next program there may be a newer one.
                var spoken = way.Version;
                way = greeter.Newest;
                await SpeakAsync(stream, spoken, stopping).ConfigureAwait(false);
            }
            catch (FrameException refused) when (greeter.Instead(way, refused) is { } instead)
            {
                way = instead;
                Log.SpeaksOtherwise(logger, peer.Node, Address, refused.Message, way);
                continue;
            }
            catch (Exception failure) when (IsExpected(failure))
            {
                if (stopping.IsCancellationRequested) return;
                way = greeter.Newest;
                if (failure is FrameException { Reason: var reason }) telemetry.FrameRefused(reason);
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
            or ObjectDisposedException or CryptographicException or UnauthorizedAccessException;

    private async Task<FrameStream> ConnectAsync(SpeechWay way, CancellationToken stopping)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        deadline.CancelAfter(ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            SocketTuning.Apply(socket);
            await socket.ConnectAsync(peer.Host, peer.Port, deadline.Token).ConfigureAwait(false);
            return await greeter.DialAsync(socket, peer.Node, way, deadline.Token).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task SpeakAsync(FrameStream stream, uint version, CancellationToken stopping)
    {
        using var closed = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var connection = new Connection(stream, version, closed);
        Volatile.Write(ref _connection, connection);
        try
        {
            Send();

            // The other side says nothing here: what can be read is the end of the connection.
            await WatchEndAsync(stream, closed).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _connection, null);
            await closed.CancelAsync().ConfigureAwait(false);

            // Whoever is sending has ended when the gate is ours; who comes later sees that it is closed.
            await connection.Gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            connection.Gate.Release();
        }

        stopping.ThrowIfCancellationRequested();
        throw new IOException("The connection was closed.");
    }

    private void Send()
    {
        if (Interlocked.Increment(ref _flushes) == 1) _ = SendQueuedAsync();
    }

    /// <summary>
    /// By the thread that flushes: a socket that has room takes it at once. What others queue meanwhile goes out after
    /// it. Only when the socket is full this goes on later, by itself: in the pool, never where the thread that flushed
    /// came from, which may be a caller's.
    /// </summary>
    private async Task SendQueuedAsync()
    {
        while (true)
        {
            var seen = Volatile.Read(ref _flushes);
            try
            {
                if (Volatile.Read(ref _connection) is { } connection)
                    await SendQueuedAsync(connection).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                // A mistake of ours: it costs the connection, which is dialled again, not the link.
                Log.SendFailed(logger, peer.Node, fault);
            }

            if (Interlocked.Add(ref _flushes, -seen) == 0) return;
        }
    }

    private async Task SendQueuedAsync(Connection connection)
    {
        await connection.Gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        var isGood = false;
        try
        {
            // Everything that waits goes out together, up to the size of a burst.
            while (!connection.Closed.IsCancellationRequested && TryWriteBurst(connection))
                await connection.Stream.FlushAsync(connection.Closed.Token).ConfigureAwait(false);
            isGood = true;
        }
        catch (Exception failure) when (IsExpected(failure))
        {
            // The connection is dialled again.
        }
        finally
        {
            // What is in its buffer may be half a frame.
            if (!isGood)
            {
                await connection.Closed.CancelAsync()
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            connection.Gate.Release();
        }
    }

    private bool TryWriteBurst(Connection connection)
    {
        var isAny = false;
        while (_queue.Reader.TryRead(out var message))
        {
            // What an older voter does not know would cost the connection; without it, it is as if it were lost.
            if (MessageCodec.VersionOf(message) > connection.Version)
            {
                telemetry.MessageDropped("version");
                onUnknown(message);
                continue;
            }

            isAny = true;
            if (connection.Stream.Write(MessageCodec.ToFrame(message)) >= BurstBytesMax) break;
        }

        return isAny;
    }

    private static async Task WatchEndAsync(FrameStream stream, CancellationTokenSource closed)
    {
        // An end is an end, however it comes; what follows is the same.
        await ((Task)stream.ReadAsync(closed.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await closed.CancelAsync().ConfigureAwait(false);
    }

    private void DropQueue()
    {
        while (_queue.Reader.TryRead(out _)) telemetry.MessageDropped("out");
    }

    /// <summary>A connection that stands. The gate is held by whoever writes to it.</summary>
    private sealed record Connection(FrameStream Stream, uint Version, CancellationTokenSource Closed)
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);
    }
}
