using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Recovery.Service.Http;

namespace Holdfast.Recovery.Service.Events;

/// <summary>Answers the commands of the bus.</summary>
internal sealed class CommandDesk(
    ICommandBus bus, GroupDesk groups, NodeDesk nodes, SyncDesk syncs, ILogger<CommandDesk> logger) : IHostedService
{
    private readonly List<IAsyncDisposable> _subscriptions = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _subscriptions.Add(bus.RespondTo<DefineGroup>(groups.DefineAsync));
            _subscriptions.Add(bus.RespondTo<ScaleGroup>(groups.ScaleAsync));
            _subscriptions.Add(bus.RespondTo<RemoveGroup>(groups.RemoveAsync));
            _subscriptions.Add(bus.RespondTo<CordonNode>(nodes.CordonAsync));
            _subscriptions.Add(bus.RespondTo<UncordonNode>(nodes.UncordonAsync));
            _subscriptions.Add(bus.RespondTo<ConfirmSlot>(syncs.ConfirmAsync));
        }
        catch (InvalidOperationException)
        {
            // Another Recovery of this process answers on the same bus; definitions are the same from either.
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
