using System.Net;
using System.Net.Sockets;

namespace Holdfast.Servers;

/// <summary>
/// Stands between a client and a server. What is connected when it is cut hears nothing any more, not even an end, as
/// when a network goes and comes back under another address; who connects afterwards is served. While it is shut nobody
/// is, and who connects while it is mute is accepted and hears nothing, then or later.
/// </summary>
public sealed class CutRelay : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly ITestServer _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _relayed = [];
    private readonly List<TcpClient> _clients = [];
    private readonly Task _accepting;
    private readonly TaskCompletionSource _muted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isShut;
    private volatile bool _isMute;
    private int _cuts;

    /// <summary>Listens on a free port.</summary>
    public CutRelay(ITestServer server)
    {
        _server = server;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary><c>host:port</c>, for clients.</summary>
    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>What is connected hears nothing any more.</summary>
    public void Cut() => Interlocked.Increment(ref _cuts);

    /// <summary>Ends what is connected, and whoever connects until it is opened.</summary>
    public void Shut()
    {
        _isShut = true;
        EndAll();
    }

    /// <summary>Accepts who connects, and passes nothing on for them. Completes with the first of them.</summary>
    public Task MuteAsync()
    {
        _isMute = true;
        return _muted.Task;
    }

    /// <summary>Serves who connects from now on.</summary>
    public void Open() => _isShut = _isMute = false;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        EndAll();
        await Task.WhenAll(_relayed);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                await ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        if (_isShut)
        {
            client.Dispose();
            return;
        }

        if (_isMute)
        {
            lock (_clients) _clients.Add(client);
            _muted.TrySetResult();
            return;
        }

        var server = new TcpClient();
        try
        {
            await server.ConnectAsync(_server.Host, _server.Port, _stop.Token);
        }
        catch (Exception away) when (away is SocketException or OperationCanceledException)
        {
            // A server that is down hangs up on this client; who comes later may find it.
            client.Dispose();
            server.Dispose();
            return;
        }

        lock (_clients)
        {
            // Also when it was shut while the server was asked: whoever shut it has ended only those it found here.
            if (_isShut)
            {
                client.Dispose();
                server.Dispose();
                return;
            }

            _clients.AddRange([client, server]);
        }

        _relayed.Add(RelayAsync(client, server));
        _relayed.Add(RelayAsync(server, client));
    }

    private void EndAll()
    {
        lock (_clients)
        {
            foreach (var client in _clients) client.Dispose();
            _clients.Clear();
        }
    }

    private async Task RelayAsync(TcpClient from, TcpClient to)
    {
        var cuts = Volatile.Read(ref _cuts);
        var buffer = new byte[16_384];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is > 0 and var read)
            {
                if (Volatile.Read(ref _cuts) != cuts) continue;
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception ended) when (
            ended is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            return;
        }
    }
}
