using Holdfast.Contracts;
using Holdfast.Failover.Service.Loop;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service.Events;

/// <summary>
/// Events that suggest a look: what they say is measured and not believed, the snapshot is. What an agent says of a
/// dead process of its own node is kept, for it shortens a grace.
/// </summary>
internal sealed class EventHints(
    IEventSubscriber bus, FailoverMailbox mailbox, IncidentClock clock, DeathReports deaths, NodeOptions node)
    : IHostedService
{
    private readonly List<IAsyncDisposable> _subscriptions = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Listen<PeerDown>(clock.Hear);
        Listen<PeerFenced>(clock.Hear);
        Listen<PeerLeft>();
        Listen<PeerUp>();
        Listen<WorkloadDown>(deaths.Hear);
        Listen<LeaderElected>();
        Listen<LeaderLost>();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
        _subscriptions.Clear();
    }

    private void Listen<T>(Action<T>? hear = null)
        where T : class, IEvent =>
        _subscriptions.Add(bus.Subscribe<T>($"holdfast.failover.{node.Id}", (message, _, _) =>
        {
            hear?.Invoke(message);
            mailbox.Hint();
            return Task.CompletedTask;
        }));
}
