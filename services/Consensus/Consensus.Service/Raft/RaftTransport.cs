using System.Collections.Concurrent;
using System.Net.Sockets;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What a <see cref="RaftTransport"/> tells; each returns at once.</summary>
/// <param name="Message">A voter said something, and what the thread that heard it may do besides.</param>
/// <param name="Unknown">Something was not sent to a voter, whose program is too old to know it.</param>
/// <param name="Gone">The connection on which a voter spoke has ended, and it has opened no other.</param>
/// <param name="Failed">The transport cannot go on.</param>
internal sealed record TransportEvents(
    Action<NodeId, RaftMessage, Errand> Message,
    Action<NodeId, RaftMessage> Unknown,
    Action<NodeId> Gone,
    Action<Exception> Failed);

/// <summary>
/// TCP between voters: each dials every other one and speaks on the connection it dialled. What arrives is handed on
/// with the name that the connection proved; a connection that breaks the rules is counted and closed.
/// </summary>
internal sealed partial class RaftTransport(
    RaftHostOptions options,
    RaftTelemetry telemetry,
    ILogger logger,
    TransportEvents events) : IAsyncDisposable
{
    // Connections that have proved nothing yet, beyond one for each voter.
    private const int StrangersBeyondVotersMax = 32;
    private const string UnknownRemote = "unknown";
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RefusalPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Doorway _doorway = new(StrangersBeyondVotersMax + Configuration.MembersMax);
    private readonly RepeatGate<string> _refusals = new(RefusalPause);
    private readonly Greeter _greeter = GreeterOf(options, telemetry, logger);
    private readonly ConcurrentDictionary<Task, NodeId?> _tasks = new();
    private readonly ConcurrentDictionary<NodeId, FrameStream> _speaking = new();
    private Socket? _listener;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener?.Dispose();
        while (!_tasks.IsEmpty) await Task.WhenAll(_tasks.Keys);
        _stopping.Dispose();
    }

    private static Greeter GreeterOf(RaftHostOptions options, RaftTelemetry telemetry, ILogger logger)
    {
        var tls = options.Tls is { } files ? new VoterTls(files, logger) : null;
        if (tls is not null) telemetry.WatchCertificate(() => tls.EndsAt);
        return new Greeter(new Handshake(options), tls, FrameBytesOf(options));
    }

    private static int FrameBytesOf(RaftHostOptions options)
    {
        const int entryOverhead = 32;
        const int frameOverhead = 128 * 1024;
        var payload = Math.Max(options.Raft.AppendBytesMax, options.CommandBytesMax);
        return Math.Max(payload, options.Raft.SnapshotChunkBytes) +
            (options.Raft.AppendEntriesMax * entryOverhead) + frameOverhead;
    }

    private Socket Listen()
    {
        var listener = new Socket(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(options.Listen);
            listener.Listen();
            return listener;
        }
        catch (SocketException failure)
        {
            listener.Dispose();
            throw new RaftListenException(options.Listen, failure);
        }
    }

    private void Track(Task task)
    {
        _tasks.TryAdd(task, null);
        _ = task.ContinueWith(
            ended => _tasks.TryRemove(ended, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>
    /// Listening and dialling end with the transport only. Were one to end by a fault nobody foresaw, the voter would
    /// go on deaf or dumb, unseen; so it stops instead.
    /// </summary>
    private async Task GuardAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception fault) when (!_stopping.IsCancellationRequested)
        {
            events.Failed(fault);
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
        {
            // Stopping.
        }
    }

    private async Task AcceptAllAsync(Socket listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(_stopping.Token);
                if (_doorway.TryEnter(socket, ServeAsync, out var serving))
                    Track(serving);
                else
                    TurnAway(socket);
            }
            catch (OperationCanceledException)
            {
                // Stopping, which the loop looks at.
            }
            catch (SocketException failure)
            {
                // One connection that failed is no reason to stop listening; without a pause, having no
                // descriptors left would be a busy loop.
                Refused(UnknownRemote, "accept", failure.Message);
                await Task.Delay(AcceptPause, _stopping.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void TurnAway(Socket socket)
    {
        using (socket)
            Refused(RemoteOf(socket), "strangers", "Too many connections that have not proved who they are.");
    }

    /// <summary>Counted always, said once in a while for each reason: whoever can connect can do it again.</summary>
    private void Refused(string remote, string reason, string detail)
    {
        telemetry.FrameRefused(reason);
        if (MoreToSayOf(reason) is { } more) Log.ConnectionRefused(logger, remote, detail, more);
    }

    /// <summary>How often it was not said since it last was; null to say nothing now.</summary>
    private int? MoreToSayOf(string reason)
    {
        lock (_refusals) return _refusals.Pass(reason, BootClock.Instance.Now());
    }

    private static string RemoteOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint?.ToString() ?? UnknownRemote;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return UnknownRemote;
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var remote = RemoteOf(socket);
        try
        {
            var greeted = await GreetAsync(socket);
            await using var stream = greeted.Stream;
            Adopt(greeted.From, greeted.Address);
            await ListenToAsync(stream, greeted.From);
        }
        catch (FrameException refused)
        {
            Refused(remote, refused.Reason, refused.Message);
        }
        catch (Exception ended) when (
            ended is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other voter dials again.
            Log.ConnectionEnded(logger, remote, ended.Message);
        }
        catch (Exception fault)
        {
            // A mistake of ours that what came in uncovered: it costs this connection, not the voter, and is seen.
            telemetry.FrameRefused("fault");
            if (MoreToSayOf("fault") is { } more) Log.ConnectionFaulted(logger, remote, more, fault);
        }
        finally
        {
            socket.Dispose();
        }
    }

    private async Task<Greeted> GreetAsync(Socket socket)
    {
        try
        {
            SocketTuning.Apply(socket);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            deadline.CancelAfter(HandshakeTimeout);
            return await _greeter.AcceptAsync(socket, deadline.Token);
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            throw new FrameException("slow", $"It has not proved who it is within {HandshakeTimeout}.");
        }
        finally
        {
            _doorway.Leave();
        }
    }

    private async Task ListenToAsync(FrameStream stream, NodeId from)
    {
        // A voter speaks on one connection; a new one means that it gave up the old, whose end may not be known here.
        FrameStream? old = null;
        _speaking.AddOrUpdate(from, stream, (_, before) =>
        {
            old = before;
            return stream;
        });
        old?.Abort();
        try
        {
            using var reading = new ConnectionReading(errand => TryHear(stream, from, errand));
            await reading.RunAsync();
        }
        finally
        {
            // In the order of its messages: a hint that it is gone follows the last thing it said.
            var isGone = _speaking.TryRemove(KeyValuePair.Create(from, stream));
            if (isGone && !_stopping.IsCancellationRequested) events.Gone(from);
        }
    }

    /// <summary>All that it awaits completes at once, see <see cref="BlockingStream"/>.</summary>
    private bool TryHear(FrameStream stream, NodeId from, Errand errand)
    {
        if (stream.ReadAsync(_stopping.Token).GetAwaiter().GetResult() is not { } frame) return false;
        var message = MessageCodec.FromFrame(frame) ??
            throw new FrameException("content", $"{frame.ContentCase} is no message of a voter.");
        events.Message(from, message, errand);
        return true;
    }
}
