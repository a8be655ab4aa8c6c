using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

// Each story starts a dozen processes and waits for what they find out about one another's silence.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Holdfast.Integration.World;

/// <summary>
/// The whole of it as an operator would run it: three voters in three failure domains, three clusters of two nodes, a
/// failover service in two of them, all processes of their own, on one RabbitMQ and one Redis that may be hurt.
/// </summary>
internal sealed class HoldfastSystem : IAsyncDisposable
{
    public static readonly string[] Clusters = ["east", "west", "north"];

    /// <summary>The cluster that dies in every story has no failover service that could matter.</summary>
    private static readonly string[] Promoters = ["west", "north"];

    private static readonly TimeSpan NodesPatience = TimeSpan.FromSeconds(60);

    private readonly SystemSettings _settings;
    private readonly Dictionary<string, ServiceProcess> _agents = new(StringComparer.Ordinal);
    private readonly List<ServiceProcess> _others = [];

    private HoldfastSystem(SystemSettings settings)
    {
        _settings = settings;
        Consensus = new ConsensusClient(settings.ConsensusClient);
        Directory = new RedisGrainDirectory(
            settings.Directory, NullLogger<RedisGrainDirectory>.Instance, TimeProvider.System);
    }

    public SystemSettings Settings => _settings;

    public ITestServer Rabbit => _settings.Rabbit;

    public ConsensusClientOptions ConsensusOptions => _settings.ConsensusClient;

    public DirectoryOptions DirectoryOptions => _settings.Directory;

    public ConsensusClient Consensus { get; }

    public RedisGrainDirectory Directory { get; }

    /// <summary>Where a subscriber connects.</summary>
    public Uri Amqp => new($"amqp://guest:guest@{Rabbit.Host}:{Rabbit.Port}/%2f");

    /// <summary>Starts all processes at once and returns when every one of them is ready.</summary>
    public static async Task<HoldfastSystem> StartAsync(ITestServer rabbit, ITestServer redis)
    {
        var system = new HoldfastSystem(new SystemSettings(rabbit, redis));
        try
        {
            system.StartVoters();
            system.StartAgents();
            system.StartFailovers();
            await Task.WhenAll(system._others.Concat(system._agents.Values).Select(process => process.ReadyAsync()));
            await system.NodesAsync("all nodes live", nodes => nodes.Count(node => node.Live) == 2 * Clusters.Length);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL to every node of a cluster, one right after the other.</summary>
    public void KillCluster(string cluster)
    {
        foreach (var (node, agent) in _agents)
        {
            if (node.StartsWith(cluster + "-", StringComparison.Ordinal)) agent.Kill();
        }
    }

    /// <summary>A program on a node: its session ends when the node is fenced.</summary>
    public async Task<HoldfastSession> OpenSessionAsync(string node, string cluster, CancellationToken cancel)
    {
        var snapshot = await Consensus.SnapshotAsync(cancel);
        var known = snapshot.Nodes.First(known => known.Node == node);
        var options = new HoldfastSessionOptions
        {
            Cluster = new ClusterId(cluster),
            Node = new NodeId(node),
            Generation = new Generation(known.Generation),
            Name = $"program on {node}",
        };
        return await HoldfastSession.OpenAsync(Consensus, options, cancel);
    }

    public async Task<IReadOnlyList<NodeAnswer>> NodesAsync(string what, Predicate<IReadOnlyList<NodeAnswer>> fits)
    {
        var snapshot = await Eventually.SeesAsync(
            what, cancel => Consensus.SnapshotAsync(cancel), snapshot => fits(snapshot.Nodes), NodesPatience);
        return snapshot.Nodes;
    }

    /// <summary>The last lines of every process, for a message of failure.</summary>
    public string Said() => string.Join('\n', _others.Concat(_agents.Values).Select(process => process.Said()));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_others.Concat(_agents.Values).Select(process => process.DisposeAsync().AsTask()));
        await Directory.DisposeAsync();
        Consensus.Dispose();
        _settings.Dispose();
    }

    private void StartVoters()
    {
        foreach (var voter in _settings.Voters)
            _others.Add(ServiceProcess.Start("Consensus", voter.Id, voter.HttpPort, _settings.Voter(voter)));
    }

    private void StartAgents()
    {
        var places = Clusters
            .SelectMany(cluster => new[] { (Node: $"{cluster}-1", cluster), (Node: $"{cluster}-2", cluster) })
            .Select(place => (place.Node, place.cluster, Listen: $"127.0.0.1:{FreePort.Next()}"))
            .ToList();
        var seeds = places.Select(place => place.Listen).Take(3).ToList();
        foreach (var (node, cluster, listen) in places)
        {
            var settings = _settings.Agent(node, cluster, listen, seeds);
            _agents.Add(node, ServiceProcess.Start("Gossip", node, FreePort.Next(), settings));
        }
    }

    private void StartFailovers()
    {
        foreach (var cluster in Promoters)
        {
            var settings = _settings.Failover($"{cluster}-1", cluster);
            _others.Add(ServiceProcess.Start("Failover", $"failover-{cluster}", FreePort.Next(), settings));
        }
    }
}
