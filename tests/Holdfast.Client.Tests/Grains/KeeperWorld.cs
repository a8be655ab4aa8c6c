using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client.Tests.Grains;

/// <summary>A directory in memory, a Consensus on paper, and keepers of grains.</summary>
internal sealed class KeeperWorld : IAsyncDisposable
{
    public static readonly ClusterId East = new("east");
    public static readonly ClusterId West = new("west");
    private static readonly ElectionName FailoverWest = ElectionName.Failover(West);

    private readonly ScriptedVoter _voter;
    private readonly List<IAsyncDisposable> _open = [];

    private KeeperWorld(ScriptedVoter voter, PaperSessions sessions)
    {
        (_voter, Sessions) = (voter, sessions);
        Consensus = new ConsensusClient(new ConsensusClientOptions { Endpoints = [voter.Url] });
        Directory = new EmbeddedGrainDirectory(
            new DirectoryOptions { Backend = DirectoryBackend.Embedded, Shards = 4 });
    }

    public PaperSessions Sessions { get; }

    public ConsensusClient Consensus { get; }

    public EmbeddedGrainDirectory Directory { get; }

    /// <summary>The clock of the leases; the keepers' pauses are real and short.</summary>
    public HandClock Clock { get; } = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<KeeperWorld> StartAsync()
    {
        var sessions = new PaperSessions();
        var world = new KeeperWorld(await ScriptedVoter.StartAsync(sessions.AnswerAsync), sessions);
        for (var shard = 0; shard < world.Directory.Shards; shard++)
            await world.Directory.OpenShardAsync(shard, FailoverWest, new Token(1), new Token(1), Cancel);
        return world;
    }

    public static GrainId G(string key) => new("order", key);

    public Task<HoldfastSession> SessionAsync(ClusterId cluster, string name = "orders") => HoldfastSession.OpenAsync(
        Consensus,
        new HoldfastSessionOptions { Cluster = cluster, Name = name, KeepAlive = TimeSpan.FromMilliseconds(50) },
        Cancel,
        Clock);

    /// <summary>A keeper that runs under a session of its own, and has looked once for what there is.</summary>
    public async Task<Kept> KeepAsync(
        ClusterId cluster,
        GrainKeeperOptions? options = null,
        IGrainDirectory? directory = null,
        RecordedLog? log = null)
    {
        var kept = new Kept(this, options ?? Options, directory ?? Directory, log);
        _open.Add(kept);
        kept.Run(await SessionAsync(cluster));
        await UntilAsync("a keeper that is ready", () => kept.Keeper.IsReady);
        return kept;
    }

    public static GrainKeeperOptions Options { get; } = new()
    {
        Types = ["order"],
        CheckInterval = TimeSpan.FromMilliseconds(50),
        ListInterval = TimeSpan.FromMilliseconds(100),
        OfferPatience = TimeSpan.FromSeconds(60),
    };

    public async Task<GrainRecord?> RecordAsync(GrainId grain) =>
        (await Directory.LookupAsync([grain], Cancel)).Single().Record;

    /// <summary>Moves everything of a cluster to west, as its Failover does.</summary>
    public async Task PromoteToWestAsync(ClusterId from)
    {
        var token = Sessions.Mint();
        for (var shard = 0; shard < Directory.Shards; shard++)
        {
            (await Directory.InstallGrantAsync(shard, FailoverWest, token, Cancel)).Status.ShouldBe(DirectoryStatus.Ok);
            await Directory.PromoteAsync(new PromoteCall(shard, FailoverWest, token, from, [], null, "test"), Cancel);
        }
    }

    /// <summary>All shards forget what they knew, and are opened again with their windows.</summary>
    public async Task<Token> ForgetAsync()
    {
        for (var shard = 0; shard < Directory.Shards; shard++) Directory.Forget(shard);
        return await ReopenAsync();
    }

    public async Task<Token> ReopenAsync()
    {
        var loss = Sessions.Mint();
        for (var shard = 0; shard < Directory.Shards; shard++)
            await Directory.ReopenShardAsync(shard, FailoverWest, Sessions.Mint(), loss, Cancel);
        return loss;
    }

    public async Task CloseAsync(Token loss)
    {
        for (var shard = 0; shard < Directory.Shards; shard++)
        {
            var closed = await Directory.CloseWindowAsync(shard, FailoverWest, Sessions.Mint(), loss, Cancel);
            closed.Status.ShouldBe(DirectoryStatus.Ok);
        }
    }

    /// <summary>Looks again and again until something holds, where nothing tells that it does.</summary>
    public static async Task UntilAsync(string what, Func<bool> holds)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (!holds()) await timer.WaitForNextTickAsync(deadline.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"Not seen within 20 s: {what}.", late);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var open in _open) await open.DisposeAsync();
        Consensus.Dispose();
        await _voter.DisposeAsync();
    }
}

/// <summary>A keeper, its program, and the session it runs under.</summary>
internal sealed class Kept : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public Kept(
        KeeperWorld world, GrainKeeperOptions options, IGrainDirectory directory, RecordedLog? log) =>
        Keeper = new GrainKeeper(
            world.Consensus, directory, Program, options, log?.CreateLogger<GrainKeeper>());

    public RecordingProgram Program { get; } = new();

    public GrainKeeper Keeper { get; }

    public HoldfastSession Session { get; private set; } = null!;

    public void Run(HoldfastSession session)
    {
        Session = session;
        _running = Keeper.RunAsync(session, _stop.Token);
    }

    /// <summary>The session is lost, the keeper has noticed, and runs under the next one.</summary>
    public async Task RunNextAsync(HoldfastSession session)
    {
        await Await.Within10Seconds(Session.LostReason, "the loss of the session");
        await _running.WaitAsync(TimeSpan.FromSeconds(10));
        await Session.DisposeAsync();
        Run(session);
    }

    public Epoch? Serves(GrainId grain) => Keeper.TryServe(grain, out var epoch) ? epoch : null;

    public Task ServesAllAsync(IEnumerable<GrainId> grains) => KeeperWorld.UntilAsync(
        "every grain served", () => grains.All(grain => Serves(grain) is not null));

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        await _running;
        await Keeper.DisposeAsync();
        await Session.DisposeAsync();
    }
}
