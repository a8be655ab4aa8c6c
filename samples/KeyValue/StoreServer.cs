using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Holdfast.Consensus.Service.Raft;

namespace Holdfast.KeyValue;

/// <summary>Listens for clients. Beyond its bound a connection is closed at once.</summary>
internal sealed class StoreServer(IPEndPoint listen, RaftHost host, KeyValueMachine store) : IAsyncDisposable
{
    private const int ConnectionsMax = 256;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<StoreConnection, Task> _connections = new();
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    public void Start()
    {
        _listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(listen);
        _listener.Listen();
        _accepting = AcceptAsync(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener?.Dispose();
        await _accepting;
        foreach (var connection in _connections.Keys) connection.Close();

        // One that waits for a disk that stalls may never end; it holds up nobody's end.
        await Task.WhenAll(_connections.Values).WaitAsync(Patience)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(_stopping.Token);
                socket.NoDelay = true;
                if (_connections.Count < ConnectionsMax) Serve(new StoreConnection(socket, host, store));
                else socket.Dispose();
            }
            catch (OperationCanceledException)
            {
                // Stopping, which the loop looks at.
            }
            catch (SocketException) when (!_stopping.IsCancellationRequested)
            {
                // One connection that failed to come in; the others do.
                await Task.Yield();
            }
        }
    }

    private void Serve(StoreConnection connection)
    {
        var running = Task.Factory.StartNew(
            connection.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _connections.TryAdd(connection, running);
        _ = running.ContinueWith(
            _ => _connections.TryRemove(connection, out Task? _), TaskScheduler.Default);
    }
}
