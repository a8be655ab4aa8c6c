using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Integration.Grains;

/// <summary>A real Redis, one real voter, and the promoter of west, whose part the test plays.</summary>
internal sealed class KeeperSystem : IAsyncDisposable
{
    public static readonly ClusterId East = new("east");
    public static readonly ClusterId West = new("west");
    private static readonly ElectionName FailoverWest = ElectionName.Failover(West);

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-");
    private readonly ServiceProcess _voter;
    private HoldfastSession? _promoter;

    private KeeperSystem(ITestServer redis)
    {
        Redis = redis;
        var (raft, http) = (FreePort.Next(), FreePort.Next());
        _voter = ServiceProcess.Start("Consensus", "voter", http, Voter(raft, http));
        Consensus = new ConsensusClient(new ConsensusClientOptions
        {
            Endpoints = [$"http://127.0.0.1:{http}"],
            Deadline = TimeSpan.FromSeconds(20),
        });
        Directory = new RedisGrainDirectory(
            new DirectoryOptions { Redis = redis.Address, Shards = 4 },
            NullLogger<RedisGrainDirectory>.Instance,
            TimeProvider.System);
    }

    public ITestServer Redis { get; }

    public ConsensusClient Consensus { get; }

    public RedisGrainDirectory Directory { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private SessionId Promoter => _promoter!.Id;

    public static async Task<KeeperSystem> StartAsync(ITestServer redis)
    {
        var system = new KeeperSystem(redis);
        await system._voter.ReadyAsync();
        system._promoter = await HoldfastSession.OpenAsync(
            system.Consensus, new HoldfastSessionOptions { Cluster = West, Name = "failover" }, Cancel);
        await system.Consensus.CampaignAsync(FailoverWest, system.Promoter, Cancel);
        var token = await system.AdvanceAsync();
        await system.EachShardAsync(shard =>
            system.Directory.OpenShardAsync(shard, FailoverWest, token, token, Cancel));
        return system;
    }

    public async Task<HoldfastSession> OpenAsync(ClusterId cluster, ulong generation = 1) =>
        await HoldfastSession.OpenAsync(
            Consensus,
            new HoldfastSessionOptions
            {
                Cluster = cluster,
                Node = new NodeId($"{cluster}-1"),
                Generation = new Generation(generation),
                Name = "orders",
                Ttl = TimeSpan.FromSeconds(10),
                KeepAlive = TimeSpan.FromSeconds(1),
            },
            Cancel);

    /// <summary>An operator fences the node of east: its sessions have no rights from here on.</summary>
    public async Task FenceEastAsync()
    {
        var request = new FenceRequest
        {
            Node = "east-1",
            Cluster = "east",
            Generation = 1,
            SilentFor = TimeSpan.Zero,
            Cause = "operator",
            Reporter = "west-1",
            Observers = [],
        };
        var fence = await Eventually.SeesAsync(
            "the fence of east-1",
            async cancel => (await Consensus.FenceAsync(request, traceParent: null, cancel)).Demand(),
            answer => answer.Outcome == "fenced",
            TimeSpan.FromSeconds(30));
        fence.Outcome.ShouldBe("fenced");
    }

    /// <summary>One pass over all shards, which leaves leased records of these sessions alone.</summary>
    public async Task PromoteFromEastAsync(params SessionId[] living)
    {
        var token = await AdvanceAsync();
        await EachShardAsync(shard => Directory.InstallGrantAsync(shard, FailoverWest, token, Cancel));
        for (var shard = 0; shard < Directory.Shards; shard++)
        {
            var call = new PromoteCall(shard, FailoverWest, token, East, living, null, "test");
            (await Directory.PromoteAsync(call, Cancel)).Status.ShouldBe(DirectoryStatus.Ok);
        }
    }

    public async Task<Token> ReopenAsync()
    {
        var (loss, token) = (await AdvanceAsync(), await AdvanceAsync());
        await EachShardAsync(shard => Directory.ReopenShardAsync(shard, FailoverWest, token, loss, Cancel));
        return loss;
    }

    public async Task CloseAsync(Token loss)
    {
        var token = await AdvanceAsync();
        await EachShardAsync(shard => Directory.CloseWindowAsync(shard, FailoverWest, token, loss, Cancel));
    }

    public async ValueTask DisposeAsync()
    {
        if (_promoter is not null) await _promoter.DisposeAsync();
        await Directory.DisposeAsync();
        Consensus.Dispose();
        await _voter.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<Token> AdvanceAsync() => Token.Parse(
        (await Consensus.AdvanceElectionAsync(FailoverWest, Promoter, Cancel)).Demand().Token!);

    private async Task EachShardAsync(Func<int, Task<ShardAnswer>> call)
    {
        for (var shard = 0; shard < Directory.Shards; shard++)
        {
            await Eventually.SeesAsync(
                $"shard {shard} ready",
                _ => call(shard),
                answer => answer.Status == DirectoryStatus.Ok,
                TimeSpan.FromSeconds(30));
        }
    }

    private Dictionary<string, string> Voter(int raft, int http) => new(StringComparer.Ordinal)
    {
        ["Node:Id"] = "voter",
        ["Node:Cluster"] = "witness",
        ["Auth:AllowAnonymous"] = "true",
        ["Bus:Transport"] = "memory",
        ["Consensus:Listen"] = $"127.0.0.1:{raft}",
        ["Consensus:DataDirectory"] = _folder.FullName,
        ["Consensus:Voters:0:Node"] = "voter",
        ["Consensus:Voters:0:Domain"] = "witness",
        ["Consensus:Voters:0:RaftAddress"] = $"127.0.0.1:{raft}",
        ["Consensus:Voters:0:HttpAddress"] = $"http://127.0.0.1:{http}",
    };
}

/// <summary>A program that keeps grains under a session, and writes to a resource that compares epochs.</summary>
internal sealed class KeepingProgram : IGrainProgram, IAsyncDisposable
{
    private readonly KeeperSystem _system;
    private readonly EpochGate _resource;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public KeepingProgram(KeeperSystem system, EpochGate resource)
    {
        (_system, _resource) = (system, resource);
        Keeper = new GrainKeeper(system.Consensus, system.Directory, this, new GrainKeeperOptions
        {
            Types = ["order", "room"],
            CheckInterval = TimeSpan.FromMilliseconds(200),
            ListInterval = TimeSpan.FromMilliseconds(400),
        });
    }

    public GrainKeeper Keeper { get; }

    public HoldfastSession Session { get; private set; } = null!;

    public Sightings<GrainLoss> Losses { get; } = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async Task RunAsync(ClusterId cluster, ulong generation = 1)
    {
        await _running;
        Session = await _system.OpenAsync(cluster, generation);
        _running = Keeper.RunAsync(Session, _stop.Token);
        await SeesAsync("a keeper that is ready", () => Keeper.IsReady);
    }

    /// <summary>How many of these it may serve, and can write.</summary>
    public int Writes(IEnumerable<GrainId> grains) => grains.Count(grain =>
        Keeper.TryServe(grain, out var epoch) && _resource.Pass(grain.ToString(), epoch).Passed);

    public int Serves(IEnumerable<GrainId> grains) => grains.Count(grain => Keeper.TryServe(grain, out _));

    public static Task SeesAsync(string what, Func<bool> holds) => Eventually.SeesAsync(
        what, _ => Task.FromResult(holds()), held => held, TimeSpan.FromSeconds(60));

    public Task LoadAsync(HeldGrain grain, CancellationToken cancel) => Task.CompletedTask;

    public Task DrainAsync(HeldGrain grain, CancellationToken cancel) => Task.CompletedTask;

    public Task LostAsync(GrainLoss loss, CancellationToken cancel)
    {
        Losses.Add(loss);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await Keeper.DisposeAsync();
        if (Session is not null) await Session.DisposeAsync();
        _stop.Dispose();
    }
}
