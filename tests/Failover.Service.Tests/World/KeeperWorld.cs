using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Processes;
using Holdfast.Servers;
using Holdfast.Simulation.Histories;
using static Holdfast.Failover.Service.Tests.World.UnderLoad;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>
/// A Failover in north, programs with keepers wherever a test wants them, a real Redis for the directory, another for
/// what they write, and a real broker between all of them.
/// </summary>
internal sealed class KeeperWorld : IAsyncDisposable
{
    /// <summary>
    /// The tests on one broker, which run one after another: keepers of two worlds would answer each other's wishes.
    /// </summary>
    public const string Broker = "keepers on one broker";

    private readonly List<IAsyncDisposable> _opened = [];
    private readonly List<CountingOwner> _owners = [];
    private readonly Func<RedisGrainDirectory> _connect;
    private BusOptions _broker = null!;
    private SavedCounts _saved = null!;

    private KeeperWorld(Func<RedisGrainDirectory> connect) => _connect = connect;

    public IncidentWorld Incident { get; private set; } = null!;

    public PaperConsensus Consensus => Incident.Consensus;

    public HttpClient Failover { get; private set; } = null!;

    /// <summary>How a test looks at the directory.</summary>
    public RedisGrainDirectory Directory { get; private set; } = null!;

    public OwnershipHistory History { get; } = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="connect">A connection to the directory's Redis, for one process.</param>
    /// <param name="settings">Settings of the Failover.</param>
    public static async Task<KeeperWorld> StartAsync(
        Func<RedisGrainDirectory> connect, params (string Key, string Value)[] settings)
    {
        var world = new KeeperWorld(connect);
        try
        {
            await world.BeginAsync(settings);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>A program on a live node.</summary>
    /// <param name="node">Its cluster is what it begins with: <c>east-1</c>.</param>
    /// <param name="options">Its keeper's, where they are not the usual ones.</param>
    /// <param name="hears">Whether it is on the bus.</param>
    public async Task<CountingOwner> OwnerAsync(string node, GrainKeeperOptions? options = null, bool hears = true)
    {
        var cluster = new ClusterId(node.Split('-')[0]);
        Consensus.Live(node, cluster.Value);
        var consensus = new ConsensusClient(new ConsensusClientOptions { Endpoints = [Consensus.Url] });
        var connection = _connect();
        var owner = new CountingOwner(
            consensus, ToldDirectory.Of(connection, Hear), connection, _saved, options ?? Options);
        _owners.Add(owner);
        var session = await HoldfastSession.OpenAsync(
            consensus,
            new HoldfastSessionOptions
            {
                Cluster = cluster,
                Node = new NodeId(node),
                Generation = new Generation(1),
                Name = "counting",
                KeepAlive = TimeSpan.FromMilliseconds(500),
            },
            Cancel);

        // The broker outlives the world, and the next one has the same nodes and sessions.
        var queue = $"{node}.{Guid.NewGuid():n}";
        await owner.RunAsync(session, hears ? HoldfastSubscriber.Connect(_broker, queue) : null);
        await AwaitAsync($"keeper on {node} that is ready", () => Task.FromResult(owner.Keeper.IsReady));
        return owner;
    }

    /// <summary>The node of a program that died is fenced, and with it its cluster.</summary>
    public void Fence(CountingOwner dead)
    {
        var cluster = dead.Session.Cluster.Value;
        Consensus.Fence(dead.Session.Node!.Value.Value, cluster);
        Consensus.Fence($"{cluster[0]}1", cluster);
    }

    public static GrainKeeperOptions Options { get; } = new()
    {
        Types = ["order", "room"],
        CheckInterval = TimeSpan.FromMilliseconds(200),
        ListInterval = TimeSpan.FromMilliseconds(400),
        OfferPatience = TimeSpan.FromSeconds(60),
    };

    /// <summary>Claims grains for a program and has it serve them for a while.</summary>
    public static async Task OwnAsync(CountingOwner owner, params IEnumerable<GrainId> grains)
    {
        var claimed = await owner.Keeper.ClaimAsync([.. grains], Cancel);
        claimed.ShouldAllBe(result => result.IsHeld);
        var steps = owner.Steps + 20;
        await AwaitAsync("work on what was claimed", () => Task.FromResult(owner.Steps >= steps));
    }

    public async Task<IReadOnlyList<GrainRecord>> RecordsAsync(IEnumerable<GrainId> grains)
    {
        var records = new List<GrainRecord>();
        foreach (var batch in grains.Chunk(DirectoryLimits.GrainsPerCallMax))
        {
            var answers = await Directory.LookupAsync(batch, Cancel);
            records.AddRange(answers.Select(answer => answer.Record).OfType<GrainRecord>());
        }

        return records;
    }

    /// <summary>Until every grain is served by who is on record, and that is one of these.</summary>
    public Task ServedAsync(IReadOnlyCollection<GrainId> grains, params CountingOwner[] owners) => AwaitAsync(
        "owner that serves each grain",
        async () =>
        {
            var records = await RecordsAsync(grains);
            return records.Count == grains.Count &&
                records.All(record => owners.Any(owner => IsServed(record, owner)));
        });

    /// <summary>Whether a program is on record and serves the grain under that epoch.</summary>
    public static bool IsServed(GrainRecord record, CountingOwner owner) =>
        owner.Session.Id == record.Holder && owner.Keeper.TryServe(record.Grain, out var epoch) &&
        epoch == record.Epoch;

    /// <summary>What was saved or loaded by now.</summary>
    public Task<IReadOnlyList<SavedCount>> SavedAsync() => _saved.AllAsync();

    /// <summary>Nothing that anybody was told, served or saved breaks an invariant.</summary>
    public async Task IsRightAsync()
    {
        // Keepers go on meanwhile, and may claim again.
        History.Ends();
        var left = await LeftAsync(Directory);
        await EverythingIsToldAsync(Incident, History, left);
        var taken = await SavedAsync();
        foreach (var one in taken) History.Decided(new GuardDecided(one.Grain, one.Epoch, IsAccepted: true));
        OwnershipChecker.Check(History, left).ShouldBeEmpty();
        SavedCounts.Problems(taken).ShouldBeEmpty();
        _owners.SelectMany(owner => owner.Problems).ShouldBeEmpty();
        taken.Count(one => one.Reason == SaveReason.Counted).ShouldBeGreaterThan(0);
    }

    // The broker outlives the world: whoever were left would answer the next one's wishes.
    public ValueTask DisposeAsync()
    {
        Failover?.Dispose();
        return Endings.AllAsync(
            [.. _owners.Concat(Enumerable.Reverse(_opened)).Select(one => (Func<ValueTask>)one.DisposeAsync)]);
    }

    private async Task BeginAsync((string Key, string Value)[] settings)
    {
        var rabbit = await TestServers.RabbitMqAsync();
        var redis = Keep(await TestServers.Current.StartRedisAsync());
        _saved = Keep(await SavedCounts.OpenAsync(redis.Address));
        _broker = new BusOptions { Host = rabbit.Host, Port = rabbit.Port };
        Directory = Keep(_connect());
        Incident = Keep(await IncidentWorld.StartAsync(Keep(_connect()), _broker));
        Incident.Directory.History = History;
        Consensus.Live("north-0", "north");
        Consensus.Define(GrainTypeText.KeyOf("room"), new GrainTypeText { Kind = "leased" }.Write());
        Failover = await Incident.FailoverAsync("north-0", "north", settings);
        await Until.IsReadyAsync(Failover);
    }

    /// <summary>Who was told of owners goes into the history. What a call changed is under its token.</summary>
    private void Hear(string operation, Token? token, IReadOnlyList<GrainAnswer> answers)
    {
        if (operation is nameof(IGrainDirectory.ReleaseAsync) or nameof(IGrainDirectory.OfferAsync)) return;
        var isChange = operation is nameof(IGrainDirectory.ClaimAsync) or nameof(IGrainDirectory.AcceptAsync);
        foreach (var answer in answers)
        {
            if (answer is not { Status: DirectoryStatus.Ok, Record: { Tombstone: false } record }) continue;
            History.Told(new OwnerTold(
                answer.Grain,
                record.Epoch,
                record.Cluster,
                record.Holder,
                new MemoryPoint(GrainShard.Of(answer.Grain, Directory.Shards), answer.Shard.Gen, answer.Shard.Seq),
                isChange && record.Epoch.Token == token));
        }
    }

    private T Keep<T>(T opened)
        where T : IAsyncDisposable
    {
        _opened.Add(opened);
        return opened;
    }
}
