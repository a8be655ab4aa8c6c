using Holdfast.Client.Bus;
using Holdfast.Contracts;

namespace Holdfast.Benchmarks.Failover;

/// <summary>
/// A subscriber that follows incidents of one cluster. All processes run on one machine, so the times in the events and
/// the subscriber's own are of one clock.
/// </summary>
internal sealed class IncidentWatch : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly string _cluster;
    private readonly HoldfastSubscriber _subscriber;
    private readonly HoldfastSubscriber _ofStarts;
    private Seen _seen = new(0);

    private IncidentWatch(FailoverSystem system, string cluster)
    {
        _cluster = cluster;
        _subscriber = system.Subscribe("benchmark")
            .On<PeerDown>((down, _) => Take(down.ClusterId, seen => seen.Down.TryAdd(down.NodeId, down.OccurredAt)))
            .On<PeerFenced>((fenced, _) =>
                Take(fenced.ClusterId, seen => seen.Fenced.TryAdd(fenced.NodeId, fenced.OccurredAt)))
            .On<FailoverCompleted>((completed, _) =>
                Take(completed.FailedCluster, seen => seen.Completed ??= completed.OccurredAt))
            .On<GrainPromoted>((promoted, _) => Take(promoted.FromCluster, seen => seen.Hold(promoted.Grains.Count)));

        // Apart: to who has heard that a failover is completed it is no news any more that it started.
        _ofStarts = system.Subscribe("benchmark-starts")
            .On<FailoverStarted>((started, _) =>
                Take(started.FailedCluster, seen => seen.Started ??= started.OccurredAt));
    }

    public static async Task<IncidentWatch> StartAsync(FailoverSystem system, string cluster)
    {
        var watch = new IncidentWatch(system, cluster);
        await Task.WhenAll(watch._subscriber.WhenReadyAsync(), watch._ofStarts.WhenReadyAsync());
        return watch;
    }

    /// <summary>What came before belongs to another incident.</summary>
    public void Begin(int grains)
    {
        lock (_lock) _seen = new Seen(grains);
    }

    /// <summary>The incident that began with a kill, once this subscriber holds every grain's promotion.</summary>
    public async Task<IncidentTimes> EndAsync(DateTime killedAt)
    {
        Seen seen;
        lock (_lock) seen = _seen;
        try
        {
            await seen.All.Task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new MeasurementFailedException($"Not all was heard within {Patience}: {seen}");
        }

        var (down, fenced) = (seen.Down.Values.Max(), seen.Fenced.Values.Max());
        var (started, completed) = (seen.Started!.Value, seen.Completed!.Value);
        var held = seen.HeldAt!.Value;

        // The last promotion may be heard before Failover has looked at its answer and says that it is done.
        var promoted = completed < held ? completed : held;
        return new IncidentTimes(
            (down - killedAt).TotalMilliseconds,
            (fenced - down).TotalMilliseconds,
            (started - fenced).TotalMilliseconds,
            (promoted - started).TotalMilliseconds,
            (held - promoted).TotalMilliseconds);
    }

    public async ValueTask DisposeAsync()
    {
        await _ofStarts.DisposeAsync();
        await _subscriber.DisposeAsync();
    }

    private Task Take(string? cluster, Action<Seen> act)
    {
        if (cluster != _cluster) return Task.CompletedTask;
        lock (_lock)
        {
            act(_seen);
            if (_seen.IsAll) _seen.All.TrySetResult();
        }

        return Task.CompletedTask;
    }

    private sealed class Seen(int grains)
    {
        private int _missing = grains;

        public Dictionary<string, DateTime> Down { get; } = [];

        public Dictionary<string, DateTime> Fenced { get; } = [];

        public DateTime? Started { get; set; }

        public DateTime? Completed { get; set; }

        public DateTime? HeldAt { get; private set; }

        public TaskCompletionSource All { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsAll => HeldAt is not null && Started is not null && Completed is not null
            && Down.Count == FailoverIncident.Nodes && Fenced.Count == FailoverIncident.Nodes;

        public void Hold(int count)
        {
            _missing -= count;
            if (_missing == 0) HeldAt = DateTime.UtcNow;
        }

        public override string ToString() =>
            $"{Down.Count} down, {Fenced.Count} fenced, started {Started}, completed {Completed}, " +
            $"{_missing} grains missing";
    }
}

/// <summary>The parts of one incident, in milliseconds, one after the other.</summary>
internal sealed record IncidentTimes(
    double Detection, double Fence, double Decision, double Promotion, double Delivery)
{
    public double AfterDetection => Fence + Decision + Promotion + Delivery;

    public double Total => Detection + AfterDetection;
}
