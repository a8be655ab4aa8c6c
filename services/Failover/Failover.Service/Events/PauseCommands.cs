using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service.Events;

/// <summary>Answers the commands of the bus.</summary>
internal sealed class PauseCommands(ICommandBus bus, PauseDesk desk) : IHostedService
{
    private readonly List<IAsyncDisposable> _subscriptions = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _subscriptions.Add(bus.RespondTo<PauseFailover>(desk.PauseAsync));
        _subscriptions.Add(bus.RespondTo<ResumeFailover>(desk.ResumeAsync));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
        _subscriptions.Clear();
    }
}
