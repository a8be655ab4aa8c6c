using System.Net;
using System.Net.Sockets;
using Holdfast.Client.Handoff;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client.AspNetCore;

/// <summary>
/// Lets Kestrel accept on listeners of the supervisor. Kestrel's own transport cannot stop accepting and begin again,
/// and closes what it listens on; here the listener stays, and a gate stands before it.
/// </summary>
internal sealed class InheritedTransport(KestrelConnections connections, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is InheritedEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var inherited = ((InheritedEndPoint)endpoint).Listener;
        var listener = new InheritedConnectionListener(
            inherited, connections, loggers.CreateLogger<InheritedConnectionListener>());
        return ValueTask.FromResult<IConnectionListener>(listener);
    }
}

/// <summary>One inherited listener.</summary>
internal sealed class InheritedConnectionListener : IConnectionListener
{
    private static readonly TimeSpan FailurePause = TimeSpan.FromMilliseconds(50);

    private readonly Socket _listener;
    private readonly KestrelConnections _connections;
    private readonly ILogger _logger;
    private readonly SocketConnectionContextFactory _contexts;
    private readonly CancellationTokenSource _unbound = new();

    /// <exception cref="HandoffEnvironmentException">The descriptor is no listening socket.</exception>
    public InheritedConnectionListener(
        InheritedListener inherited, KestrelConnections connections, ILogger<InheritedConnectionListener> logger)
    {
        (_connections, _logger) = (connections, logger);
        try
        {
            // Never closed here: closing with an accept under way would shut the socket for every process that has it.
            _listener = new Socket(new SafeSocketHandle(inherited.Descriptor, ownsHandle: false));
            EndPoint = _listener.LocalEndPoint ?? new InheritedEndPoint(inherited);
        }
        catch (SocketException e)
        {
            throw new HandoffEnvironmentException(
                $"Listener '{inherited.Name}', descriptor {inherited.Descriptor}, is no socket: {e.Message}");
        }

        _contexts = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), logger);
        connections.Listens($"{inherited.Name}={EndPoint}");
    }

    public EndPoint EndPoint { get; }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var socket = await _connections.Gate.AcceptAsync(AcceptOneAsync, _unbound.Token);
                var context = _contexts.Create(socket.Socket);
                context.Features.Set(socket.Tracked);
                return context;
            }
            catch (OperationCanceledException) when (_unbound.IsCancellationRequested)
            {
                return null;
            }
            catch (SocketException e)
            {
                // A client that went away, or too many open files: the next accept may work, and Kestrel would stop.
                Log.AcceptFailed(_logger, EndPoint.ToString() ?? "", e.Message);
                await Task.Delay(FailurePause, CancellationToken.None);
            }
        }
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default) => await _unbound.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _unbound.CancelAsync();
        _contexts.Dispose();
    }

    /// <summary>Counts the connection before the gate can say that nothing is being accepted.</summary>
    private async ValueTask<(Socket Socket, TrackedConnection Tracked)> AcceptOneAsync(CancellationToken cancel)
    {
        var socket = await _listener.AcceptAsync(cancel);
        if (socket.ProtocolType == ProtocolType.Tcp) socket.NoDelay = true;
        return (socket, _connections.Track());
    }
}
