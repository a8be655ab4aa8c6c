using MassTransit;
using RabbitMQ.Client;

namespace Holdfast.Hosting;

/// <summary>
/// Binds a queue to an event's exchange without declaring the exchange where it exists: a subscriber needs no more than
/// to read. MassTransit's own binding always declares both ends.
/// </summary>
internal static class EventBinding
{
    /// <summary>Runs on each new channel of the endpoint, before MassTransit sets up the queue.</summary>
    public static void Bind(IRabbitMqReceiveEndpointConfigurator endpoint, string queue, string exchange) =>
        endpoint.ConfigureChannel(channels => channels.UseExecuteAsync(async context =>
        {
            var cancel = context.CancellationToken;
            await BrokerLink.EnsureAsync(context.ConnectionContext.Connection, exchange, cancel);

            // The exchange that MassTransit puts in front of every queue, in the shape in which it declares it itself.
            await context.Channel.ExchangeDeclareAsync(
                queue, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancel);
            await context.Channel.ExchangeBindAsync(queue, exchange, routingKey: "", cancellationToken: cancel);
        }));
}
