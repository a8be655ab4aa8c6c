using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service.Events;

/// <summary>Answers the commands of the bus.</summary>
internal sealed class PauseCommands(ICommandBus bus, PauseDesk desk, ILogger<PauseCommands> logger) : IHostedService
{
    private readonly List<IAsyncDisposable> _subscriptions = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _subscriptions.Add(bus.RespondTo<PauseFailover>(desk.PauseAsync));
            _subscriptions.Add(bus.RespondTo<ResumeFailover>(desk.ResumeAsync));
        }
        catch (InvalidOperationException)
        {
            // Another Failover of this process answers on the same bus; a pause is the same from either.
            Log.CommandsAnsweredElsewhere(logger);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
        _subscriptions.Clear();
    }
}
