using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Hosting;

namespace Holdfast.Accounts;

/// <summary>
/// Has the keeper hear the bus: what is promoted or demoted is looked at sooner, and <c>OfferTransfer</c> is answered.
/// </summary>
internal sealed class AccountHints(IEventSubscriber bus, GrainKeeper keeper, NodeOptions self) : IHostedService
{
    private HoldfastSubscriber? _events;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _events = new HoldfastSubscriber(bus, AccountsService.QueueOf(self)).Hint(keeper);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_events is not null) await _events.DisposeAsync();
        _events = null;
    }
}
