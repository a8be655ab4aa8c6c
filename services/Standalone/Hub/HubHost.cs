using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Hosting;
using Holdfast.Standalone.Directory;
using Holdfast.Standalone.Ports;
using Holdfast.Standalone.Processes;

namespace Holdfast.Standalone.Hub;

/// <summary>
/// What stands in for Redis and RabbitMQ: the directory and the bus of this process, served to the other processes
/// over HTTP.
/// </summary>
internal sealed class HubHost : IAsyncDisposable
{
    private static readonly TimeSpan SubscribeDeadline = TimeSpan.FromSeconds(10);

    private readonly ILoggerFactory _logging;
    private readonly EventBus _bus;
    private readonly HubCommandBus _commands;
    private readonly RunningHost _host;
    private readonly List<IAsyncDisposable> _subscriptions = [];

    private HubHost(ILoggerFactory logging, EventBus bus, HubCommandBus commands, RunningHost host)
    {
        (_logging, _bus, _commands, _host) = (logging, bus, commands, host);
        Directory = host.Services.GetRequiredService<IGrainDirectory>();
        Publisher = host.Services.GetRequiredService<IEventPublisher>();
    }

    public IGrainDirectory Directory { get; }

    /// <summary>The way to the bus, for the hosts of this process.</summary>
    public IEventPublisher Publisher { get; }

    /// <summary>
    /// Commands to whichever process answers them, this one included: it goes the way that the others go.
    /// </summary>
    public ICommandBus Commands => _commands;

    /// <summary>Starts it.</summary>
    /// <param name="port">Its HTTP port.</param>
    /// <param name="tokenFile">The run's bearer token.</param>
    /// <param name="deaf">Whether the bus delivers nothing.</param>
    /// <param name="quiet">Whether its log goes nowhere.</param>
    public static async Task<HubHost> StartAsync(int port, string tokenFile, bool deaf, bool quiet)
    {
        var builder = Hosts.NewBuilder(
            "standalone",
            port,
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Node:Id"] = "hub",
                ["Node:Cluster"] = "standalone",
                ["Auth:TokenFile"] = tokenFile,
            },
            telemetry: true,
            quiet);
        var logging = LoggerFactory.Create(logs => logs.AddFilter("MassTransit", LogLevel.Error));
        var bus = EventBus.Open(new BusOptions { Transport = BusTransport.Memory }, logging);
        IEventPublisher publisher = deaf ? new DeafPublisher() : bus;
        var directory = new EmbeddedGrainDirectory(new DirectoryOptions { Backend = DirectoryBackend.Embedded });
        builder.Services.AddSingleton(publisher);
        builder.Services.AddSingleton<IEventSubscriber>(bus);
        builder.Services.AddSingleton<IGrainDirectory>(directory);
        builder.Services.AddSingleton<EventFeed>();
        builder.Services.AddSingleton<CommandDesk>();
        var app = builder.Build();
        app.MapHoldfastDefaults();
        app.MapGrainDirectory(directory);
        app.MapEvents();
        app.MapCommands();
        var host = await Hosts.RunAsync(app);
        var commands = new HubCommandBus(Layout.Url(port), tokenFile, logging.CreateLogger<HubCommandBus>());
        var hub = new HubHost(logging, bus, commands, host);
        await hub.FeedAsync(app.Services.GetRequiredService<EventFeed>());
        return hub;
    }

    /// <summary>Hears every event of a type, and returns once the bus knows.</summary>
    public async Task<IAsyncDisposable> SubscribeAsync<T>(
        string queue, Func<T, EventContext, CancellationToken, Task> handle)
        where T : class, IEvent
    {
        var subscription = _bus.Subscribe(queue, handle);
        await _bus.WhenReadyAsync(subscription).WaitAsync(SubscribeDeadline);
        return subscription;
    }

    /// <summary>Gives the bus to another host of this process.</summary>
    public void AddBusTo(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(Publisher);
        builder.Services.AddSingleton<IEventSubscriber>(_bus);
        builder.Services.AddSingleton(Commands);
    }

    public async ValueTask DisposeAsync()
    {
        await _commands.DisposeAsync();
        await _host.DisposeAsync();
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
        await _bus.DisposeAsync();
        _logging.Dispose();
    }

    private async Task FeedAsync(EventFeed feed)
    {
        foreach (var type in EventTypes.ByName.Values)
        {
            var subscribe = new Func<EventFeed, Task>(FeedOneAsync<PeerUp>).Method.GetGenericMethodDefinition();
            await (Task)subscribe.MakeGenericMethod(type).Invoke(this, [feed])!;
        }
    }

    private async Task FeedOneAsync<T>(EventFeed feed)
        where T : class, IEvent =>
        _subscriptions.Add(await SubscribeAsync<T>("standalone.feed", (message, context, _) =>
        {
            feed.Append(message, context.TraceParent);
            return Task.CompletedTask;
        }));
}
