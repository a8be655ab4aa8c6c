using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Failover.Rounds.Checks;
using Holdfast.Failover.Rounds.Passages;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging;

namespace Holdfast.Failover.Rounds.World;

/// <summary>
/// One Redis that flushes every write, one RabbitMQ, three voters and two Failover processes of one cluster, every one
/// a process. Rounds use it one after another; the cluster that dies in each comes back with a new generation.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    /// <summary>The cluster that takes over.</summary>
    public const string Heir = "west";

    /// <summary>What the owners keep.</summary>
    public const string GrainType = "order";

    public const int Shards = 8;

    /// <summary>How long an election outlives its holder.</summary>
    public static readonly TimeSpan SessionTtl = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Longer than Redis is stopped in any round, also on a machine that is busy.
    private static readonly TimeSpan DirectoryPatience = TimeSpan.FromSeconds(20);
    private static readonly string[] PromoterNames = [$"{Heir}-1", $"{Heir}-2"];

    private readonly SystemSettings _settings;
    private readonly List<ServiceProcess> _voters = [];

    private Installation(ITestServer redis, ITestServer rabbit)
    {
        _settings = new SystemSettings(rabbit, redis);
        Promoters =
        [
            .. PromoterNames.Select(name => new Promoter(name, _settings, Turnstile, Grants)),
        ];
        Consensus = new ConsensusClient(_settings.ConsensusClient);
        Directory = OpenDirectory(DirectoryPatience, DirectoryLog.CreateLogger<RedisGrainDirectory>());
        Announcements = new Announcements(new BusOptions { Host = rabbit.Host, Port = rabbit.Port });
    }

    public ITestServer Redis => _settings.Redis;

    public ITestServer Rabbit => _settings.Rabbit;

    public IReadOnlyList<ServiceProcess> Voters => _voters;

    public IReadOnlyList<Promoter> Promoters { get; }

    /// <summary>A client that no fault touches.</summary>
    public ConsensusClient Consensus { get; }

    /// <summary>The same.</summary>
    public RedisGrainDirectory Directory { get; }

    /// <summary>What <see cref="Directory"/> said.</summary>
    public RecordedLog DirectoryLog { get; } = new();

    public Announcements Announcements { get; }

    public GrantLedger Grants { get; } = new();

    public Turnstile Turnstile { get; } = new();

    /// <summary>Returns when every process is ready.</summary>
    public static async Task<Installation> StartAsync()
    {
        var rabbit = TestServers.Current.StartRabbitMqAsync();
        var redis = await TestServers.Current.StartRedisAsync(new RedisSettings
        {
            ConfigLines = ["appendonly yes", "appendfsync always"],
        });
        var installation = new Installation(redis, await rabbit);
        try
        {
            foreach (var voter in installation._settings.Voters)
            {
                installation._voters.Add(ServiceProcess.Start(
                    "Consensus", voter.Id, voter.HttpPort, installation._settings.Voter(voter)));
            }

            foreach (var promoter in installation.Promoters) await promoter.StartAsync();
            await Task.WhenAll(installation._voters.Select(voter => voter.ReadyAsync()));
            await installation.Announcements.WhenReadyAsync();
            await installation.CalmAsync();
            return installation;
        }
        catch
        {
            await installation.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of its own.</summary>
    public RedisGrainDirectory OpenDirectory(TimeSpan deadline, ILogger<RedisGrainDirectory> logger) =>
        new(_settings.Directory with { Shards = Shards, Deadline = deadline }, logger);

    /// <summary>Completes when both Failover processes are ready and every change has been told.</summary>
    public async Task CalmAsync()
    {
        await Task.WhenAll(Promoters.Select(promoter => promoter.ReadyAsync()));
        await Eventually.SeesAsync(
            "empty outboxes",
            async cancel =>
            {
                var waiting = 0;
                for (var shard = 0; shard < Shards; shard++)
                {
                    var page = await Directory.ReadOutboxAsync(shard, 0, 1, cancel);
                    if (page.Status != DirectoryStatus.Ok || page.Entries.Count > 0) waiting++;
                }

                return waiting;
            },
            waiting => waiting == 0,
            Patience);
    }

    /// <summary>A session; with a node, its agent's in a new generation, which brings it to life.</summary>
    public async Task<HoldfastSession> OpenSessionAsync(string cluster, string? node, CancellationToken cancel)
    {
        var snapshot = await Consensus.SnapshotAsync(cancel);
        var known = snapshot.Nodes.FirstOrDefault(known => known.Node == node);
        return await HoldfastSession.OpenAsync(
            Consensus,
            new HoldfastSessionOptions
            {
                Cluster = new ClusterId(cluster),
                Node = node is null ? null : new NodeId(node),
                Generation = node is null ? null : new Generation((known?.Generation ?? 0) + 1),
                Agent = node is not null,
                Name = "rounds",

                // Voters that are stopped for a while do not end it.
                Ttl = TimeSpan.FromMinutes(1),
            },
            cancel);
    }

    /// <summary>Completes when both Failover processes know that a cluster is alive.</summary>
    public Task SeenAliveAsync(string cluster) => Task.WhenAll(Promoters.Select(promoter => Eventually.SeesAsync(
        $"{promoter.Name} sees {cluster} alive",
        cancel => promoter.PhaseAsync(cluster, cancel),
        phase => phase == "monitoring",
        Patience,
        promoter.Said)));

    /// <summary>Which Failover process holds the election, and under which token; null while none does.</summary>
    public async Task<Elected?> ElectedAsync(CancellationToken cancel)
    {
        var election = await Consensus.ElectionAsync(ElectionName.Failover(new ClusterId(Heir)), cancel);
        if (election is not { Holder: { } holder, Token: { } token }) return null;
        var session = await Consensus.SessionAsync(SessionId.Parse(holder), cancel);
        var promoter = PromoterNames.FirstOrDefault(
            name => session?.Name?.EndsWith(name, StringComparison.Ordinal) == true);
        return promoter is null ? null : new Elected(promoter, Token.Parse(token));
    }

    /// <summary>An operator fences the node of a session: no silence is waited for, and no grace.</summary>
    public async Task FenceAsync(HoldfastSession session, CancellationToken cancel)
    {
        var request = new FenceRequest
        {
            Node = session.Node!.Value.Value,
            Cluster = session.Cluster.Value,
            Generation = session.Generation!.Value.Value,
            SilentFor = TimeSpan.Zero,
            Cause = "operator",
            Reporter = "rounds",
            Observers = [],
        };
        await Eventually.SeesAsync(
            "the fence",
            async again => (await Consensus.FenceAsync(request, traceParent: null, again)).Demand().Outcome,
            outcome => outcome == "fenced",
            Patience);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var promoter in Promoters) await promoter.DisposeAsync();
        await Announcements.DisposeAsync();
        foreach (var voter in _voters) await voter.DisposeAsync();
        await Directory.DisposeAsync();
        Consensus.Dispose();
        await Redis.DisposeAsync();
        await Rabbit.DisposeAsync();
        _settings.Dispose();
    }
}

/// <summary>Who holds the election.</summary>
internal sealed record Elected(string Promoter, Token Token);
