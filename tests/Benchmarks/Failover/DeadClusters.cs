using System.Threading.Channels;
using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Contracts;

namespace Holdfast.Benchmarks.Failover;

/// <summary>One cluster after another dies by an operator's fence, and its grains are promoted.</summary>
internal sealed class DeadClusters : IAsyncDisposable
{
    private const ulong Generation = 1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly FailoverSystem _system;
    private readonly HoldfastSubscriber _subscriber;
    private readonly Channel<FailoverStarted> _started = Channel.CreateUnbounded<FailoverStarted>();
    private readonly Channel<FailoverCompleted> _completed = Channel.CreateUnbounded<FailoverCompleted>();
    private int _claimed;

    private DeadClusters(FailoverSystem system)
    {
        _system = system;
        _subscriber = system.Subscribe("benchmark")
            .On<FailoverStarted>((started, cancel) => _started.Writer.WriteAsync(started, cancel).AsTask())
            .On<FailoverCompleted>((completed, cancel) => _completed.Writer.WriteAsync(completed, cancel).AsTask());
    }

    public static async Task<DeadClusters> WatchAsync(FailoverSystem system)
    {
        var clusters = new DeadClusters(system);
        await clusters._subscriber.WhenReadyAsync();
        return clusters;
    }

    /// <summary>A cluster claims so many grains and dies, as <see cref="DieAsync(DoomedCluster)"/> says.</summary>
    public async Task<SweepFigures> DieAsync(int grains) => await DieAsync(await ClaimAsync(grains));

    /// <summary>A cluster of one node claims so many grains.</summary>
    public async Task<DoomedCluster> ClaimAsync(int grains)
    {
        var cluster = $"dead-{++_claimed}";
        var session = await _system.OpenSessionAsync($"{cluster}-1", cluster, Generation, isAgent: true);
        await _system.ClaimAsync(session, Grains.Take(grains));
        return new DoomedCluster(session, grains);
    }

    /// <summary>
    /// A cluster dies once all that happened before is told, and all its grains are promoted. The time is Failover's
    /// own: from the start of the sweep, which is when a token above the fence was confirmed, until nothing of the
    /// cluster is left.
    /// </summary>
    public async Task<SweepFigures> DieAsync(DoomedCluster doomed)
    {
        await using var session = doomed.Session;
        var cluster = session.Cluster.Value;
        await _system.AllIsToldAsync();
        _system.Redis.StartLog();
        var processorTime = _system.Failover.ProcessorTime;
        await _system.FenceAsync($"{cluster}-1", cluster, Generation);
        var started = await NextAsync(_started.Reader, one => one.FailedCluster == cluster, "FailoverStarted");
        var completed = await NextAsync(_completed.Reader, one => one.FailedCluster == cluster, "FailoverCompleted");
        processorTime = _system.Failover.ProcessorTime - processorTime;
        var scripts = _system.Redis.EndLog();
        if (completed.Promoted != doomed.Grains || _system.Redis.Count("SCARD", $"*own:{cluster}") != 0)
            throw new MeasurementFailedException($"{completed.Promoted} of {doomed.Grains} grains were promoted.");
        return new SweepFigures(doomed.Grains, completed.OccurredAt - started.OccurredAt, processorTime, scripts);
    }

    public ValueTask DisposeAsync() => _subscriber.DisposeAsync();

    private static async Task<T> NextAsync<T>(ChannelReader<T> events, Predicate<T> fits, string what)
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                var next = await events.ReadAsync(deadline.Token);
                if (fits(next)) return next;
            }
        }
        catch (OperationCanceledException)
        {
            throw new MeasurementFailedException($"No {what} within {Patience}.");
        }
    }
}

/// <summary>A cluster that is to die, the session of its only node, and how many grains it owns.</summary>
internal sealed record DoomedCluster(HoldfastSession Session, int Grains);

/// <summary>What one sweep took.</summary>
internal sealed record SweepFigures(
    int Grains, TimeSpan Took, TimeSpan FailoverProcessorTime, IReadOnlyList<LoggedScript> Scripts)
{
    public double GrainsPerSecond => Grains / Took.TotalSeconds;
}
