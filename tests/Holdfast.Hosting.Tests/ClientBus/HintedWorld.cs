using System.Net;
using System.Net.Http.Json;
using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Hosting.Tests.ClientBus;

/// <summary>A bus and a directory in memory, and as much of Consensus as keepers need.</summary>
internal sealed class HintedWorld : HttpMessageHandler, IAsyncDisposable
{
    public static readonly ClusterId East = new("east");
    public static readonly ClusterId West = new("west");
    public static readonly GrainId Grain = new("order", "1");

    private static readonly ElectionName FailoverWest = ElectionName.Failover(West);

    private readonly Lock _gate = new();
    private readonly List<SessionAnswer> _sessions = [];
    private ulong _index = 0x10;

    private HintedWorld() => Consensus = new ConsensusClient(
        new ConsensusClientOptions { Endpoints = ["http://consensus"] }, this);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public EventBus Bus { get; } = EventBus.Open(
        new BusOptions { Transport = BusTransport.Memory }, NullLoggerFactory.Instance);

    public EmbeddedGrainDirectory Directory { get; } = new(
        new DirectoryOptions { Backend = DirectoryBackend.Embedded, Shards = 1 });

    public ConsensusClient Consensus { get; }

    public static async Task<HintedWorld> StartAsync()
    {
        var world = new HintedWorld();
        await world.Directory.OpenShardAsync(0, FailoverWest, new Token(1), new Token(1), Cancel);
        return world;
    }

    public async Task<HintedKeeper> KeepAsync(ClusterId cluster, string type = "order")
    {
        var wanted = new HoldfastSessionOptions { Cluster = cluster, Name = "orders" };
        return await HintedKeeper.StartAsync(this, await HoldfastSession.OpenAsync(Consensus, wanted, Cancel), type);
    }

    public async Task<GrainRecord> PromoteAsync()
    {
        var token = new Token(Interlocked.Increment(ref _index));
        await Directory.InstallGrantAsync(0, FailoverWest, token, Cancel);
        await Directory.PromoteAsync(new PromoteCall(0, FailoverWest, token, East, [], null, "test"), Cancel);
        return (await Directory.LookupAsync([Grain], Cancel)).Single().Record!;
    }

    public async ValueTask DisposeAsync()
    {
        Consensus.Dispose();
        await Bus.DisposeAsync();
        Dispose();
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (path.StartsWith("/v1/definitions", StringComparison.Ordinal))
            return new HttpResponseMessage(HttpStatusCode.NotFound) { Content = JsonContent.Create(NotFound) };
        if (path == ConsensusRoutes.Snapshot) return Says(Snapshot());
        if (path != ConsensusRoutes.Sessions) return Says(Advanced(path.Split('/')[3]));
        var asked = await request.Content!.ReadFromJsonAsync<OpenSessionRequest>(cancellationToken);
        return Says(Opened(asked!.Cluster));
    }

    private static object NotFound => new { code = ProblemCodes.NotFound, detail = "There is none." };

    private static HttpResponseMessage Says<T>(T answer) =>
        new(HttpStatusCode.OK) { Content = JsonContent.Create(answer) };

    private SessionAnswer Opened(string cluster)
    {
        lock (_gate)
        {
            var token = new Token(Interlocked.Increment(ref _index)).ToString();
            _sessions.Add(new SessionAnswer
            {
                Session = token,
                Token = token,
                Cluster = cluster,
                Ttl = TimeSpan.FromSeconds(5),
                Name = "orders",
                Agent = false,
                State = "live",
            });
            return _sessions[^1];
        }
    }

    private SessionAnswer Advanced(string id)
    {
        lock (_gate)
        {
            var session = _sessions.Single(session => session.Session == id);
            return session with { Token = new Token(Interlocked.Increment(ref _index)).ToString() };
        }
    }

    private ConsensusSnapshot Snapshot()
    {
        lock (_gate)
        {
            return new ConsensusSnapshot
            {
                Node = "voter-1",
                Sequence = EventIdentity.Sequence(1, _index),
                AppliedIndex = _index,
                SafeLayout = true,
                Nodes = [],
                Sessions = [.. _sessions],
                Elections = [],
                Definitions = [],
            };
        }
    }
}
