using Holdfast.Contracts;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace Holdfast.Hosting.Tests.Bus;

public sealed class RabbitMqEventBusTests : EventBusContract
{
    protected override async ValueTask<BusOptions> OptionsAsync() =>
        Broker.OptionsOf(await TestServers.RabbitMqAsync());

    [Fact]
    public async Task What_a_handler_never_takes_is_in_the_dead_letter_queue_after_the_delivery_limit()
    {
        var broker = await TestServers.RabbitMqAsync();
        var queue = $"test-{Guid.NewGuid():n}";
        await using var bus =
            EventBus.Open(Broker.OptionsOf(broker) with { DeliveryLimit = 3 }, NullLoggerFactory.Instance);
        var deliveries = 0;
        await using var subscription = bus.Subscribe<PeerLeft>(queue, (_, _, _) =>
        {
            deliveries++;
            throw new InvalidOperationException("never");
        });
        await bus.WhenReadyAsync(subscription).WaitAsync(TimeSpan.FromSeconds(20));
        await using var connection = await new ConnectionFactory { HostName = broker.Host, Port = broker.Port }
            .CreateConnectionAsync(CancellationToken.None);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: CancellationToken.None);
        var dead = new Received<string>();
        var consumer = new RabbitMQ.Client.Events.AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, letter) =>
        {
            dead.Add(System.Text.Encoding.UTF8.GetString(letter.Body.Span));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(
            $"{queue}.peer-left.dead", autoAck: true, consumer, CancellationToken.None);

        // Published as a stranger would: nothing but a body.
        await channel.BasicPublishAsync(
            "holdfast.peer-left", "", System.Text.Encoding.UTF8.GetBytes(Left), CancellationToken.None);
        (await dead.NextAsync("the dead letter")).ShouldBe(Left);
        deliveries.ShouldBe(3);

        await channel.BasicPublishAsync("holdfast.peer-left", "", "no json"u8.ToArray(), CancellationToken.None);
        (await dead.NextAsync("the malformed one")).ShouldBe("no json");
        deliveries.ShouldBe(3);
    }

    [Fact]
    public async Task A_command_whose_exchange_nobody_made_is_told_at_once_and_makes_none()
    {
        await using var bus =
            EventBus.Open(Broker.OptionsOf(await TestServers.RabbitMqAsync()), NullLoggerFactory.Instance);
        var command = new UncordonNode { CommandId = Guid.NewGuid(), NodeId = "n1" };

        for (var attempt = 0; attempt < 2; attempt++)
        {
            var nobody = await Should.ThrowAsync<BusUnavailableException>(
                bus.SendAsync(command, CancellationToken.None));
            nobody.Message.ShouldStartWith("No process answers UncordonNode at RabbitMQ at ");
            nobody.Message.ShouldEndWith(": there is no exchange holdfast.cmd.uncordon-node.");
        }
    }

    private const string Left =
        """
        {"eventId":"7e9f5f1a-1c9f-4c1a-9a66-2f2f6f5b7d11","occurredAt":"2026-01-02T03:04:05Z","source":"gossip/n0",
        "subject":"peer/east/n1","sequence":"0000000000000007-0000000000000003","nodeId":"n1","clusterId":"east",
        "generation":7,"verdict":3,"reason":"maintenance","aFieldOfANewerVersion":true}
        """;
}

internal static class Broker
{
    public static BusOptions OptionsOf(ITestServer broker) => new()
    {
        Host = broker.Host,
        Port = broker.Port,
        PublishDeadline = TimeSpan.FromSeconds(10),
        RetryPause = TimeSpan.FromMilliseconds(1),
    };
}
