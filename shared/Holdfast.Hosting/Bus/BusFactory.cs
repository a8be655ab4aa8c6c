using Holdfast.Contracts;
using MassTransit;

namespace Holdfast.Hosting;

/// <summary>How MassTransit is told to behave: names, confirmations, queues.</summary>
internal static class BusFactory
{
    /// <summary>Events a queue holds for a subscriber that is away; the oldest go to the dead letters.</summary>
    public const int QueueLengthMax = 100_000;

    /// <summary>Dead letters kept; the oldest are forgotten.</summary>
    public const int DeadLettersMax = 10_000;

    /// <summary>A queue nobody has read for so long is removed, so that services that moved leave nothing.</summary>
    public static readonly TimeSpan QueueExpiresAfter = TimeSpan.FromDays(7);

    /// <summary>How the names of all queues for answers begin, and of the exchanges in front of them.</summary>
    public const string AnswerPrefix = "holdfast.answers.";

    private static readonly TimeSpan AnswersExpireAfter = TimeSpan.FromMinutes(1);

    public static IBusControl Create(BusOptions options) => options.Transport switch
    {
        BusTransport.Memory => MassTransit.Bus.Factory.CreateUsingInMemory(ConfigureNames),
        _ => MassTransit.Bus.Factory.CreateUsingRabbitMq(bus =>
        {
            bus.Host(options.Host, (ushort)options.Port, options.VirtualHost, host =>
            {
                host.Username(options.Username);
                host.Password(options.EffectivePassword);
                host.PublisherConfirmation = true;
                host.Heartbeat(TimeSpan.FromSeconds(10));
                host.RequestedConnectionTimeout(options.PublishDeadline);
            });
            ConfigureNames(bus);
            DeclareNothing(bus);
        }),
    };

    /// <summary>
    /// Where a process hears the answers to its commands. The user is in the name, so that rights can tell one user's
    /// from another's (deploy/access.sh).
    /// </summary>
    public static string AnswerQueueOf(string user) =>
        $"{AnswerPrefix}{new string([.. user.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')])}.{Guid.NewGuid():n}";

    /// <summary>A queue that survives the broker's loss of a node and gives up on poison.</summary>
    public static void SubscriberQueue(
        IReceiveEndpointConfigurator endpoint, string queue, string exchange, BusOptions options)
    {
        endpoint.ConfigureConsumeTopology = false;
        endpoint.PrefetchCount = options.Prefetch;

        // One at a time keeps the order in which the broker has them.
        endpoint.ConcurrentMessageLimit = 1;

        // Every queue has an exchange of its own name already; a command's is the one it is sent to.
        var bind = exchange != queue;
        if (endpoint is IInMemoryReceiveEndpointConfigurator memory && bind) memory.Bind(exchange);
        if (endpoint is not IRabbitMqReceiveEndpointConfigurator rabbit) return;
        if (bind) EventBinding.Bind(rabbit, queue, exchange);
        rabbit.SetQuorumQueue();
        rabbit.SetQueueArgument("x-delivery-limit", options.DeliveryLimit - 1);
        rabbit.SetQueueArgument(RabbitMQ.Client.Headers.XMaxLength, QueueLengthMax);
        rabbit.SetQueueArgument(RabbitMQ.Client.Headers.XExpires, (long)QueueExpiresAfter.TotalMilliseconds);
        var dead = DeadLettersOf(queue);
        rabbit.BindDeadLetterQueue(dead, dead, letters =>
        {
            letters.SetQuorumQueue();
            letters.SetQueueArgument(RabbitMQ.Client.Headers.XMaxLength, DeadLettersMax);
        });
    }

    /// <summary>Where what a subscriber could not handle ends up.</summary>
    public static string DeadLettersOf(string queue) => $"{queue}.dead";

    /// <summary>The queue on which one process hears the answers to its commands; it goes with the process.</summary>
    public static void AnswerQueue(IReceiveEndpointConfigurator endpoint, BrokerLink? link)
    {
        endpoint.ConfigureConsumeTopology = false;
        if (endpoint is not IRabbitMqReceiveEndpointConfigurator rabbit) return;

        // Every process has this queue, and so it is here that the connection is seen.
        rabbit.ConfigureChannel(channels =>
            channels.UseExecute(context => link?.Use(context.ConnectionContext.Connection)));
        rabbit.AutoDelete = true;
        rabbit.Durable = false;
        rabbit.QueueExpiration = AnswersExpireAfter;
    }

    private static void ConfigureNames(IBusFactoryConfigurator bus)
    {
        bus.MessageTopology.SetEntityNameFormatter(new ExchangeNames());

        // The wire has the records only: no exchange for what they have in common.
        bus.Publish<IEvent>(topology => topology.Exclude = true);
        bus.Publish<ICommand>(topology => topology.Exclude = true);
        bus.Publish<ICommandAnswer>(topology => topology.Exclude = true);
    }

    // MassTransit would declare an exchange before it publishes there, for which one needs the right to delete it too.
    private static void DeclareNothing(IRabbitMqBusFactoryConfigurator bus)
    {
        foreach (var type in typeof(IEvent).Assembly.GetTypes().Where(IsPublished))
            bus.Publish(type, topology => topology.Exclude = true);

        static bool IsPublished(Type type) =>
            !type.IsInterface && (type.IsAssignableTo(typeof(IEvent)) || type.IsAssignableTo(typeof(ICommand)));
    }

    private sealed class ExchangeNames : IEntityNameFormatter
    {
        public string FormatEntityName<T>() => EventIdentity.ExchangeOf(typeof(T));
    }
}
