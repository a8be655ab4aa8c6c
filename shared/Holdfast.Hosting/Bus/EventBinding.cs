using MassTransit;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Holdfast.Hosting;

/// <summary>
/// Binds a queue to an event's exchange without declaring the exchange where it exists, since who may declare it may
/// also delete it: a subscriber needs no more than to read. MassTransit's own binding always declares both ends.
/// </summary>
internal static class EventBinding
{
    private const ushort NotFound = 404;

    /// <summary>Runs on each new channel of the endpoint, before MassTransit sets up the queue.</summary>
    public static void Bind(IRabbitMqReceiveEndpointConfigurator endpoint, string queue, string exchange) =>
        endpoint.ConfigureChannel(channels => channels.UseExecuteAsync(async context =>
        {
            var cancel = context.CancellationToken;
            await EnsureAsync(context.ConnectionContext.Connection, exchange, cancel);

            // The exchange that MassTransit puts in front of every queue, in the shape in which it declares it itself.
            await context.Channel.ExchangeDeclareAsync(
                queue, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancel);
            await context.Channel.ExchangeBindAsync(queue, exchange, routingKey: "", cancellationToken: cancel);
        }));

    // A refused look closes its channel, so it has one of its own.
    private static async Task EnsureAsync(IConnection connection, string exchange, CancellationToken cancel)
    {
        try
        {
            await using var look = await connection.CreateChannelAsync(cancellationToken: cancel);
            await look.ExchangeDeclarePassiveAsync(exchange, cancel);
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == NotFound)
        {
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancel);
            await channel.ExchangeDeclareAsync(
                exchange, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancel);
        }
    }
}
