using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Holdfast.Hosting;

/// <summary>
/// MassTransit's connection to the broker, for what MassTransit has no call for: looking whether an exchange is there
/// without declaring it, since who may declare one may also delete it, and publishing where nothing may be declared.
/// </summary>
internal sealed class BrokerLink
{
    private const ushort AccessRefused = 403;
    private const ushort NotFound = 404;

    private static readonly CreateChannelOptions Confirmed = new(
        publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);

    private readonly ConcurrentDictionary<string, IConnection> _seen = new(StringComparer.Ordinal);
    private volatile IConnection? _connection;
    private TaskCompletionSource _used = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes the connection of now; called for each new channel.</summary>
    public void Use(IConnection connection)
    {
        _connection = connection;
        var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _used, next).SetResult();
    }

    /// <summary>
    /// Sees to it that an event's exchange is there: declares it only where it is missing, and looks only once in the
    /// life of a connection. Waits for the first connection; while a later one is awaited it does nothing.
    /// </summary>
    public async Task EnsureAsync(string exchange, CancellationToken cancel)
    {
        // Exchanges outlive a broker's restart: what was seen before it need not be seen again to publish.
        if (_connection is { IsOpen: false }) return;
        var connection = await ConnectionAsync(cancel);
        if (_seen.TryGetValue(exchange, out var seen) && seen == connection) return;
        await EnsureAsync(connection, exchange, cancel);
        _seen[exchange] = connection;
    }

    /// <summary>Has the next <see cref="EnsureAsync(string, CancellationToken)"/> look again.</summary>
    public void Forget(string exchange) => _seen.TryRemove(exchange, out _);

    /// <summary>Whether an exchange is there. Waits for a connection that is open.</summary>
    public Task<bool> HasAsync(string exchange, CancellationToken cancel) =>
        WhileOpenAsync(connection => HasAsync(connection, exchange, cancel), cancel);

    /// <summary>
    /// Publishes without declaring anything, on a channel of its own, which a refusal closes; returns why the broker
    /// did not take it, or null when it did. Waits for a connection that is open; one that closes meanwhile has it
    /// published again.
    /// </summary>
    public Task<string?> TryPublishAsync(
        string exchange, string routingKey, BasicProperties properties, ReadOnlyMemory<byte> body,
        CancellationToken cancel) =>
        WhileOpenAsync<string?>(
            async connection =>
            {
                try
                {
                    await using var channel = await connection.CreateChannelAsync(Confirmed, cancel);
                    await channel.BasicPublishAsync(exchange, routingKey, mandatory: false, properties, body, cancel);
                    return null;
                }
                catch (Exception refused) when (RefusalOf(refused) is { } reason)
                {
                    return reason;
                }
            },
            cancel);

    /// <summary>Declares an exchange of events where it is missing.</summary>
    public static async Task EnsureAsync(IConnection connection, string exchange, CancellationToken cancel)
    {
        if (await HasAsync(connection, exchange, cancel)) return;
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancel);
        await channel.ExchangeDeclareAsync(
            exchange, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancel);
    }

    /// <summary>What the broker said where it refused or had no such exchange; null for other failures.</summary>
    public static string? RefusalOf(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is OperationInterruptedException { ShutdownReason: { } reason } &&
                reason.ReplyCode is AccessRefused or NotFound) return reason.ReplyText;
        }

        return null;
    }

    // A refused look closes its channel, so it has one of its own.
    private static async Task<bool> HasAsync(IConnection connection, string exchange, CancellationToken cancel)
    {
        try
        {
            await using var look = await connection.CreateChannelAsync(cancellationToken: cancel);
            await look.ExchangeDeclarePassiveAsync(exchange, cancel);
            return true;
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == NotFound)
        {
            return false;
        }
    }

    // Again on the next connection, where the one that was used has closed.
    private async Task<T> WhileOpenAsync<T>(Func<IConnection, Task<T>> use, CancellationToken cancel)
    {
        while (true)
        {
            var connection = await ConnectionAsync(cancel);
            try
            {
                return await use(connection);
            }
            catch (OperationInterruptedException) when (!connection.IsOpen)
            {
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task<IConnection> ConnectionAsync(CancellationToken cancel)
    {
        while (true)
        {
            var next = Volatile.Read(ref _used).Task;
            if (_connection is { IsOpen: true } connection) return connection;
            await next.WaitAsync(cancel);
        }
    }
}
