using System.Collections.Immutable;
using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Events;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Directory;

/// <summary>
/// Relays the outboxes of the shards that this Failover owns: by rendezvous over the clusters whose Failover holds its
/// election, under the token of the own one. Two who disagree for a moment repeat events; they lose none.
/// </summary>
internal sealed class RelayKeeper : BackgroundService
{
    private readonly IGrainDirectory _directory;
    private readonly ClusterId _self;
    private readonly MemoryKeeper _memory;
    private readonly OutboxRelay _relay;
    private ImmutableArray<ClusterId> _holders = [];
    private volatile IReadOnlyList<int> _owned = [];
    private Token _token;

    public RelayKeeper(
        IGrainDirectory directory,
        MeasuredPublisher bus,
        OutboxRelayOptions options,
        NodeOptions node,
        MemoryKeeper memory,
        ILogger<OutboxRelay> logger)
    {
        _directory = directory;
        _self = node.Cluster;
        _memory = memory;
        _relay = new OutboxRelay(directory, bus.PublishAsync, options, logger, memory.MindAsync);
    }

    /// <summary>The shards whose relay this Failover is.</summary>
    public IReadOnlyList<int> Owned => _owned;

    /// <summary>
    /// Called by the loop after every step; does something only when the promoting begins or ends, or the token or the
    /// holders have changed.
    /// </summary>
    public void Follow(FailoverView view)
    {
        _memory.Follow(view);
        if (view.IsSweeping) _relay.Hold();
        else _relay.Release();
        if (view.Token == _token && view.Holders.SequenceEqual(_holders)) return;
        (_token, _holders) = (view.Token, view.Holders);
        var owned = view.IsHeld ? RendezvousOwned().ToHashSet() : [];
        _owned = [.. owned.Order()];
        _memory.Own(owned);
        if (view.IsHeld) _relay.Own(owned, ElectionName.Failover(_self), view.Token);
        else _relay.Disown();
    }

    /// <summary>There is something new to relay.</summary>
    public void Nudge(int shard) => _relay.Nudge(shard);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _relay.RunAsync(stoppingToken);

    private IEnumerable<int> RendezvousOwned() => _holders.Contains(_self)
        ? Enumerable.Range(0, _directory.Shards).Where(shard =>
            RendezvousHash.Order($"shard/{shard:x2}", _holders, cluster => cluster.Value)[0] == _self)
        : [];
}
