using System.Collections.Concurrent;
using System.Diagnostics;
using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Standalone.Hub;
using Holdfast.Standalone.Nodes;

namespace Holdfast.Standalone.Demo;

/// <summary>
/// A subscriber like any other: it hears the events of the incident, tells them on, and remembers what the proofs ask
/// for. It knows nothing that was not announced.
/// </summary>
internal sealed class IncidentWatch(INarrator narrator) : IAsyncDisposable
{
    private readonly ConcurrentBag<IAsyncDisposable> _subscriptions = [];
    private readonly ConcurrentDictionary<string, TimeSpan> _downAt = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TimeSpan> _fencedAt = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<GrainId, string> _promoted = new();
    private readonly ConcurrentDictionary<string, byte> _traces = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _convictionTraces = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _fenceTraces = new(StringComparer.Ordinal);
    private long _killedAt;
    private long _firstPromotedTicks = long.MaxValue;
    private long _lastPromotionTicks;

    /// <summary>What was heard of the replicas.</summary>
    public SlotWatch Slots { get; } = new();

    /// <summary>What was heard of the daemon.</summary>
    public HandoffWatch Daemon { get; } = new();

    /// <summary>Grains that were promoted, and to which cluster.</summary>
    public IReadOnlyDictionary<GrainId, string> Promoted => _promoted.AsReadOnly();

    /// <summary>The trace ids that arrived with promotions; an empty one for each that came without.</summary>
    public IReadOnlyCollection<string> PromotionTraces => [.. _traces.Keys];

    /// <summary>The trace ids that arrived with convictions.</summary>
    public IReadOnlyCollection<string> ConvictionTraces => [.. _convictionTraces.Keys];

    /// <summary>The trace ids that arrived with fences.</summary>
    public IReadOnlyCollection<string> FenceTraces => [.. _fenceTraces.Keys];

    /// <summary>When the earliest of the promotions that arrived was made, as they tell; null when none did.</summary>
    public DateTime? FirstPromotedOn => Interlocked.Read(ref _firstPromotedTicks) is < long.MaxValue and var ticks
        ? new DateTime(ticks, DateTimeKind.Utc)
        : null;

    /// <summary>When the last promotion arrived, since the kill.</summary>
    public TimeSpan LastPromotion => new(Interlocked.Read(ref _lastPromotionTicks));

    public TimeSpan SinceKill => Stopwatch.GetElapsedTime(_killedAt);

    /// <summary>When a node was announced down, since the kill; null when it was not.</summary>
    public TimeSpan? DownAt(string node) => _downAt.TryGetValue(node, out var at) ? at : null;

    /// <summary>When a node was announced fenced, since the kill; null when it was not.</summary>
    public TimeSpan? FencedAt(string node) => _fencedAt.TryGetValue(node, out var at) ? at : null;

    /// <summary>Times count from here.</summary>
    public void Kill() => _killedAt = Stopwatch.GetTimestamp();

    public async Task SubscribeAsync(HubHost hub)
    {
        await TellAsync<PeerSuspected>(hub);
        await TellAsync<LinkDegraded>(hub);
        await TellAsync<LeaderElected>(hub);
        await TellAsync<LeaderLost>(hub);
        await TellAsync<FailoverStarted>(hub);
        await TellAsync<FailoverCancelled>(hub);
        await TellAsync<FailoverRefused>(hub);
        await TellAsync<FailoverCompleted>(hub);
        await TellAsync<GrainClaimed>(hub);
        await TellAsync<GrainDemoted>(hub);
        await HearAsync<PeerDown>(hub, (down, context) =>
        {
            _downAt.TryAdd(down.NodeId, SinceKill);
            _convictionTraces.TryAdd(TraceId(context), 0);
        });
        await HearAsync<PeerFenced>(hub, (fenced, context) =>
        {
            _fencedAt.TryAdd(fenced.NodeId, SinceKill);
            _fenceTraces.TryAdd(TraceId(context), 0);
        });
        await HearAsync<GrainPromoted>(hub, OnPromoted);
        await HearAsync<SlotUnhealthy>(hub, (unhealthy, _) => Slots.Hear(unhealthy));
        await HearAsync<SlotRecovered>(hub, (recovered, context) => Slots.Hear(recovered, TraceId(context)));
        await TellAsync<SlotPlaced>(hub);
        await TellAsync<SlotUnrecoverable>(hub);
        await TellAsync<HandoffStarted>(hub);
        await HearAsync<HandoffCommitted>(hub, (committed, _) => Daemon.Hear(committed));
        await HearAsync<HandoffAborted>(hub, (aborted, _) => Daemon.Hear(aborted));
        await HearAsync<WorkloadDown>(hub, (down, _) => Daemon.Hear(down));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
    }

    private void OnPromoted(GrainPromoted promoted, EventContext context)
    {
        var now = SinceKill.Ticks;
        var on = promoted.OccurredAt.Ticks;
        if (on < Interlocked.Read(ref _firstPromotedTicks)) Interlocked.Exchange(ref _firstPromotedTicks, on);
        if (now > Interlocked.Read(ref _lastPromotionTicks)) Interlocked.Exchange(ref _lastPromotionTicks, now);
        _traces.TryAdd(TraceId(context), 0);
        foreach (var grain in promoted.Grains.Select(grain => new GrainId(grain.Type, grain.Key)))
        {
            if (GrainOwner.IsOurs(grain)) _promoted[grain] = promoted.ToCluster;
        }
    }

    private static string TraceId(EventContext context) =>
        ActivityContext.TryParse(context.TraceParent, null, out var trace) ? trace.TraceId.ToHexString() : "";

    private Task TellAsync<T>(HubHost hub)
        where T : class, IEvent => HearAsync<T>(hub, (_, _) => { });

    private async Task HearAsync<T>(HubHost hub, Action<T, EventContext> note)
        where T : class, IEvent =>
        _subscriptions.Add(await hub.SubscribeAsync<T>("demo.watch", (message, context, _) =>
        {
            note(message, context);
            narrator.Heard(message, context.TraceParent);
            return Task.CompletedTask;
        }));
}
