using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Standalone.Hub;

/// <summary>The bus as a process has it that is not the hub's: events both ways and commands, over HTTP.</summary>
internal sealed class HubBus : IEventPublisher, IEventSubscriber, ICommandBus, IAsyncDisposable
{
    private readonly HubEventPublisher _publisher;
    private readonly HubEventSubscriber _subscriber;
    private readonly HubCommandBus _commands;

    public HubBus(Uri hub, string tokenFile, ILoggerFactory logging)
    {
        _publisher = new HubEventPublisher(hub, tokenFile);
        _subscriber = new HubEventSubscriber(hub, tokenFile, logging.CreateLogger<HubEventSubscriber>());
        _commands = new HubCommandBus(hub, tokenFile, logging.CreateLogger<HubCommandBus>());
    }

    /// <summary>Completes when events begin to arrive here.</summary>
    public Task Connected => _subscriber.Connected;

    /// <summary>Gives it to a host, which does not dispose of it.</summary>
    public void AddTo(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IEventPublisher>(this);
        builder.Services.AddSingleton<IEventSubscriber>(this);
        builder.Services.AddSingleton<ICommandBus>(this);
    }

    public Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel) =>
        _publisher.PublishAsync(message, traceParent, cancel);

    public IAsyncDisposable Subscribe<T>(string queue, Func<T, EventContext, CancellationToken, Task> handle)
        where T : class, IEvent => _subscriber.Subscribe(queue, handle);

    public IAsyncDisposable RespondTo<TCommand>(Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand => _commands.RespondTo(handle);

    public IAsyncDisposable RespondTo<TCommand>(
        string queue, Func<TCommand, bool> concerns, Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand => _commands.RespondTo(queue, concerns, handle);

    public Task<ICommandAnswer> SendAsync(ICommand command, CancellationToken cancel) =>
        _commands.SendAsync(command, cancel);

    public async ValueTask DisposeAsync()
    {
        await _commands.DisposeAsync();
        await _subscriber.DisposeAsync();
        _publisher.Dispose();
    }
}
