using System.Net;
using System.Net.Sockets;
using Holdfast.Servers;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>
/// Stands between a client and a server. What is connected when it is cut hears nothing any more, not even an end, as
/// when a network goes and comes back under another address; who connects afterwards is served.
/// </summary>
internal sealed class CutRelay : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly ITestServer _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _relayed = [];
    private readonly List<TcpClient> _clients = [];
    private readonly Task _accepting;
    private int _cuts;

    public CutRelay(ITestServer server)
    {
        _server = server;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    public void Cut() => Interlocked.Increment(ref _cuts);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        foreach (var client in _clients) client.Dispose();
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
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var server = new TcpClient();
                await server.ConnectAsync(_server.Host, _server.Port, _stop.Token);
                _clients.AddRange([client, server]);
                _relayed.Add(RelayAsync(client, server));
                _relayed.Add(RelayAsync(server, client));
            }
            catch (OperationCanceledException)
            {
                return;
            }
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
