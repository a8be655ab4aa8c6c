using Holdfast.Contracts;
using Holdfast.Failover.Service.Loop;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service.Events;

/// <summary>Events that suggest a look: what they say is not believed, the snapshot is.</summary>
internal sealed class EventHints(IEventSubscriber bus, FailoverMailbox mailbox, NodeOptions node) : IHostedService
{
    private readonly List<IAsyncDisposable> _subscriptions = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Listen<PeerFenced>();
        Listen<PeerUp>();
        Listen<LeaderElected>();
        Listen<LeaderLost>();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
        _subscriptions.Clear();
    }

    private void Listen<T>()
        where T : class, IEvent =>
        _subscriptions.Add(bus.Subscribe<T>($"holdfast.failover.{node.Id}", Hint));

    private Task Hint<T>(T message, EventContext context, CancellationToken cancel)
    {
        mailbox.Hint();
        return Task.CompletedTask;
    }
}
