using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;
using Holdfast.Recovery.Service.Loop;

namespace Holdfast.Recovery.Service.Events;

/// <summary>Events that suggest a look: what they say is not believed, snapshot and directory are.</summary>
internal sealed class EventHints(IEventSubscriber bus, RecoveryMailbox mailbox, NodeOptions node) : IHostedService
{
    private readonly List<IAsyncDisposable> _subscriptions = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Listen<PeerFenced>(_ => new RecoveryInput.Hint());
        Listen<PeerUp>(_ => new RecoveryInput.Hint());
        Listen<GrainPromoted>(promoted => new RecoveryInput.GroupsMoved(
            [.. promoted.Grains.Select(GroupOf).OfType<GroupId>()]));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
        _subscriptions.Clear();
    }

    private static GroupId? GroupOf(GrainChange grain) =>
        grain.Type == GroupId.GrainType && GroupId.IsLegal(grain.Key) ? new GroupId(grain.Key) : null;

    private void Listen<T>(Func<T, RecoveryInput> hintOf)
        where T : class, IEvent =>
        _subscriptions.Add(bus.Subscribe<T>($"holdfast.recovery.{node.Id}", (message, _, _) =>
        {
            mailbox.Hint(hintOf(message));
            return Task.CompletedTask;
        }));
}
