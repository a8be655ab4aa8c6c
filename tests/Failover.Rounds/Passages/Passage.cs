using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Failover.Rounds.Passages;

/// <summary>
/// The way of one process to one server: a port of its own, behind which everything is passed on, in pieces, through
/// the turnstile. It can be cut: connections stay open and nothing comes through, as when a network loses everything.
/// </summary>
internal sealed class Passage : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private readonly string _process;
    private readonly int _target;
    private readonly Turnstile _turnstile;
    private readonly Func<ITraffic> _traffic;
    private readonly Task _accepting;
    private volatile TaskCompletionSource _open = NewDoor();

    /// <param name="process">Whose way it is.</param>
    /// <param name="target">The server's port.</param>
    /// <param name="turnstile">Where its steps go through.</param>
    /// <param name="traffic">Makes the reader of a connection.</param>
    public Passage(string process, int target, Turnstile turnstile, Func<ITraffic> traffic)
    {
        (_process, _target, _turnstile, _traffic) = (process, target, turnstile, traffic);
        _open.SetResult();
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where the process connects.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Cut() => _open = NewDoor();

    public void Mend() => _open.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        Mend();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _closing.Dispose();
    }

    private static TaskCompletionSource NewDoor() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task AcceptAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                var serving = ServeAsync(await _listener.AcceptTcpClientAsync(_closing.Token));
                _connections.TryAdd(serving, 0);
                _ = serving.ContinueWith(ended => _connections.TryRemove(ended, out _), TaskScheduler.Default);
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient process)
    {
        using var server = new TcpClient();
        using (process)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _closing.Token);
            }
            catch (Exception away) when (away is OperationCanceledException or SocketException)
            {
                return;
            }

            process.NoDelay = server.NoDelay = true;
            var traffic = _traffic();
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
            var asking = PumpAsync(process.Client, server.Client, traffic.Asked, StepSide.Asked, over.Token);
            var answering = PumpAsync(server.Client, process.Client, traffic.Answered, StepSide.Answered, over.Token);

            if (await Task.WhenAny(asking, answering) == asking && await asking)
            {
                // The process has hung up: what it asked for before is still done, and its answer still read.
                server.Client.Shutdown(SocketShutdown.Send);
                await answering;
            }

            await over.CancelAsync();
            traffic.End();
        }
    }

    private delegate (int Length, SweepStep? Step) Cutting(ReadOnlySpan<byte> bytes);

    /// <summary>Pumps; what goes wrong here is no fault of the servers, and must not pass for one.</summary>
    private async Task<bool> PumpAsync(
        Socket from, Socket to, Cutting cut, StepSide side, CancellationToken cancel)
    {
        try
        {
            return await PassOnAsync(from, to, cut, side, cancel);
        }
        catch (Exception fault)
        {
            _turnstile.Break(_process, fault);
            throw;
        }
    }

    /// <returns>False when a step was forgotten, and with it all that would follow.</returns>
    private async Task<bool> PassOnAsync(
        Socket from, Socket to, Cutting cut, StepSide side, CancellationToken cancel)
    {
        var buffer = new byte[64 * 1024];
        var filled = 0;
        while (await ReadAsync(from, buffer.AsMemory(filled), cancel) is > 0 and var read)
        {
            filled += read;
            while (cut(buffer.AsSpan(0, filled)) is { Length: > 0 } piece)
            {
                if (piece.Step is { } step && !await _turnstile.PassAsync(_process, step, side)) return false;
                await _open.Task;
                await WriteAsync(to, buffer.AsMemory(0, piece.Length), cancel);
                filled -= piece.Length;
                buffer.AsSpan(piece.Length, filled).CopyTo(buffer);
            }

            if (filled == buffer.Length) Array.Resize(ref buffer, 2 * buffer.Length);
        }

        return true;
    }

    private static async Task<int> ReadAsync(Socket from, Memory<byte> into, CancellationToken cancel)
    {
        try
        {
            return await from.ReceiveAsync(into, cancel);
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return 0;
        }
    }

    // Who has hung up hears nothing more; what else comes is read all the same.
    private static async Task WriteAsync(Socket to, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        try
        {
            while (bytes.Length > 0) bytes = bytes[await to.SendAsync(bytes, cancel)..];
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return;
        }
    }
}
