using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Benchmarks.Failover;

/// <summary>
/// Three voters, a Failover of one cluster, RabbitMQ and Redis, every one a process. Clusters that die are sessions of
/// this program, unless agents are started for them.
/// </summary>
internal sealed class FailoverSystem : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private readonly ITestServer _redis;
    private readonly ITestServer _rabbit;
    private readonly List<ServiceProcess> _processes = [];

    private FailoverSystem(ITestServer redis, ITestServer rabbit)
    {
        (_redis, _rabbit) = (redis, rabbit);
        Settings = new SystemSettings(redis, rabbit);
        Consensus = new ConsensusClient(Settings.ConsensusClient);
        Directory = new RedisGrainDirectory(Settings.Directory, NullLogger<RedisGrainDirectory>.Instance);
        Redis = new RedisProbe(redis);
    }

    public SystemSettings Settings { get; }

    public ConsensusClient Consensus { get; }

    public RedisGrainDirectory Directory { get; }

    public RedisProbe Redis { get; }

    public ServiceProcess Failover { get; private set; } = null!;

    /// <summary>Returns when everything is ready and the directory is created.</summary>
    public static async Task<FailoverSystem> StartAsync()
    {
        var rabbit = TestServers.Current.StartRabbitMqAsync();
        var system = new FailoverSystem(await TestServers.Current.StartRedisAsync(), await rabbit);
        try
        {
            system._processes.AddRange(system.Settings.StartVoters());
            system._processes.Add(system.Failover = system.Settings.StartFailover());
            Precedence.GiveToChildren();
            foreach (var process in system._processes) await process.ReadyAsync();
            await AwaitAsync("the directory's creation", system.IsCreatedAsync);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks again and again.</summary>
    public static async Task AwaitAsync(string what, Func<Task<bool>> isSo)
    {
        for (var deadline = DateTime.UtcNow + Patience; !await isSo(); Pause.For(Pace))
            if (DateTime.UtcNow > deadline) throw new MeasurementFailedException($"Not seen in time: {what}.");
    }

    /// <summary>Hears of events as any program would.</summary>
    public HoldfastSubscriber Subscribe(string queue) => HoldfastSubscriber.Connect(Settings.Bus, queue);

    /// <summary>A session on a node; the node need not have an agent.</summary>
    public Task<HoldfastSession> OpenSessionAsync(
        string node, string cluster, ulong generation, bool isAgent = false) =>
        HoldfastSession.OpenAsync(
            Consensus,
            new HoldfastSessionOptions
            {
                Cluster = new ClusterId(cluster),
                Node = new NodeId(node),
                Generation = new Generation(generation),
                Agent = isAgent,
            },
            CancellationToken.None);

    /// <summary>Claims grains for a session and waits until all of it is told.</summary>
    public async Task ClaimAsync(HoldfastSession session, GrainId[] grains)
    {
        await Grains.ForEachBatchAsync(grains, Directory.Shards, async batch =>
        {
            var answers = await Directory.ClaimAsync(
                [.. batch.Select(grain => new GrainClaim(grain))],
                session.Cluster,
                session.Id,
                session.Token,
                CancellationToken.None);
            if (answers.FirstOrDefault(answer => answer.Status != DirectoryStatus.Ok) is { } refused)
                throw new MeasurementFailedException($"{refused.Grain} was not claimed: {refused.Status}.");
        });
        await AllIsToldAsync();
    }

    /// <summary>Returns when the relay has nothing left to publish.</summary>
    public Task AllIsToldAsync() =>
        AwaitAsync("empty outboxes", () => Task.FromResult(Redis.Count("XLEN", "*:out") == 0));

    /// <summary>Fences a node as an operator would: no silence to wait for, no grace.</summary>
    public async Task FenceAsync(string node, string cluster, ulong generation)
    {
        var outcome = await Consensus.FenceAsync(
            new FenceRequest
            {
                Node = node,
                Cluster = cluster,
                Generation = generation,
                SilentFor = TimeSpan.Zero,
                Cause = "operator",
                Reporter = "benchmark",
                Observers = [],
            },
            traceParent: null,
            CancellationToken.None);
        if (outcome.Refusal is { } refusal) throw new MeasurementFailedException($"No fence: {refusal.Detail}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes) process.Dispose();
        Redis.Dispose();
        await Directory.DisposeAsync();
        Consensus.Dispose();
        await _redis.DisposeAsync();
        await _rabbit.DisposeAsync();
        Settings.Dispose();
    }

    private async Task<bool> IsCreatedAsync()
    {
        for (var shard = 0; shard < Directory.Shards; shard++)
        {
            var answer = await Directory.ShardAsync(shard, CancellationToken.None);
            if (answer.Status != DirectoryStatus.Ok) return false;
        }

        return true;
    }
}
