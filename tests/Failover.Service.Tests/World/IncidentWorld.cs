using System.Globalization;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Failover.Service.Directory;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>
/// The parts of an incident in one process: Consensus on paper, the embedded directory behind a fault injector, the
/// in-memory bus with somebody who listens, and any number of Failovers, each a host of its own.
/// </summary>
internal sealed class IncidentWorld : IAsyncDisposable
{
    public const int Shards = 8;

    private readonly Dictionary<string, WebApplication> _failovers = [];

    private readonly PaperConsensus? _paper;
    private readonly IReadOnlyList<string> _endpoints;

    private IncidentWorld(
        PaperConsensus? paper, IReadOnlyList<string> endpoints, EventBus bus, IGrainDirectory? directory)
    {
        (_paper, _endpoints) = (paper, endpoints);
        Bus = bus;
        Heard = new EventLog(bus);
        Embedded = new EmbeddedGrainDirectory(new DirectoryOptions { Shards = Shards });
        Directory = new FaultyDirectory(directory ?? Embedded);
    }

    public PaperConsensus Consensus => _paper ?? throw new InvalidOperationException("Consensus is a real one here.");

    public EmbeddedGrainDirectory Embedded { get; }

    public FaultyDirectory Directory { get; }

    public EventBus Bus { get; }

    public EventLog Heard { get; }

    /// <summary>On a Consensus that runs elsewhere.</summary>
    public static async Task<IncidentWorld> StartOnAsync(
        IReadOnlyList<string> endpoints,
        PaperConsensus? paper = null,
        IGrainDirectory? directory = null,
        BusOptions? broker = null)
    {
        var bus = EventBus.Open(
            broker ?? new BusOptions { Transport = BusTransport.Memory }, NullLoggerFactory.Instance);
        var world = new IncidentWorld(paper, endpoints, bus, directory);
        await world.Heard.StartAsync();
        return world;
    }

    /// <summary>
    /// East and west have a live node each; the directory is the embedded one unless it is another, and the bus is in
    /// memory unless there is a broker.
    /// </summary>
    public static async Task<IncidentWorld> StartAsync(
        IGrainDirectory? directory = null, BusOptions? broker = null)
    {
        var paper = await PaperConsensus.StartAsync();
        var world = await StartOnAsync([paper.Url], paper, directory, broker);
        world.Consensus.Live("e1", "east");
        world.Consensus.Live("w1", "west");
        return world;
    }

    /// <summary>Starts a Failover and waits until it is ready, the directory being created.</summary>
    public async Task<HttpClient> FailoverAsync(
        string node, string cluster, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(_endpoints.Select((url, at) =>
            KeyValuePair.Create<string, string?>($"ConsensusClient:Endpoints:{at}", url)));
        builder.Configuration.AddInMemoryCollection(Settings(node, cluster));
        builder.Configuration.AddInMemoryCollection(settings.Select(
            setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value)));
        builder.Services.AddHoldfastBus(Bus);
        builder.Services.AddSingleton<IGrainDirectory>(Directory);
        builder.AddHoldfastDefaults("failover", telemetry: false);
        builder.AddHoldfastBus();
        builder.AddFailover();
        var app = builder.Build();
        app.MapHoldfastDefaults();
        app.MapFailover();
        await app.StartAsync();
        _failovers.Add(node, app);
        return new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    /// <summary>The shards that it relays.</summary>
    public IReadOnlyList<int> RelayedBy(string node) =>
        _failovers[node].Services.GetRequiredService<RelayKeeper>().Owned;

    public async Task StopFailoverAsync(string node)
    {
        if (_failovers.Remove(node, out var app)) await app.DisposeAsync();
    }

    /// <summary>Stops a Failover as its host does: it gives its election up.</summary>
    public async Task ShutDownFailoverAsync(string node)
    {
        await _failovers[node].StopAsync();
        await StopFailoverAsync(node);
    }

    /// <summary>A process on <c>e1</c> claims so many grains.</summary>
    public async Task<IReadOnlyList<GrainId>> OwnAsync(int count, string node = "e1", string cluster = "east")
    {
        var session = Consensus.Open(node, cluster);
        return await OwnAsync(count, cluster, session.Id, session.Token);
    }

    /// <summary>A session claims so many grains.</summary>
    public async Task<IReadOnlyList<GrainId>> OwnAsync(int count, string cluster, SessionId session, Token token)
    {
        GrainId[] grains =
        [
            .. Enumerable.Range(0, count)
                .Select(i => new GrainId("order", i.ToString(CultureInfo.InvariantCulture))),
        ];
        foreach (var batch in grains.Chunk(DirectoryLimits.GrainsPerCallMax))
        {
            var answers = await Embedded.ClaimAsync(
                [.. batch.Select(grain => new GrainClaim(grain))],
                new ClusterId(cluster),
                session,
                token,
                TestContext.Current.CancellationToken);
            answers.ShouldAllBe(answer => answer.Status == DirectoryStatus.Ok);
        }

        return grains;
    }

    public async Task<int> CountAsync(IEnumerable<GrainId> grains, string cluster)
    {
        var count = 0;
        foreach (var batch in grains.Chunk(DirectoryLimits.GrainsPerCallMax))
        {
            var answers = await Embedded.LookupAsync(batch, TestContext.Current.CancellationToken);
            count += answers.Count(answer => answer.Record?.Cluster.Value == cluster);
        }

        return count;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _failovers.Keys.ToArray()) await StopFailoverAsync(node);
        await Bus.DisposeAsync();
        if (_paper is not null) await _paper.DisposeAsync();
    }

    private static Dictionary<string, string?> Settings(string node, string cluster) => new()
    {
        ["Node:Id"] = node,
        ["Node:Cluster"] = cluster,
        ["Auth:AllowAnonymous"] = "true",
        ["Bus:Transport"] = "memory",
        ["Directory:Backend"] = "embedded",
        ["Directory:Shards"] = Shards.ToString(CultureInfo.InvariantCulture),
        ["Failover:Grace"] = "00:00:00.300",
        ["Failover:CheckInterval"] = "00:00:00.200",
        ["Failover:BackoffMin"] = "00:00:00.020",
        ["Failover:BackoffMax"] = "00:00:00.200",
        ["Failover:SessionTtl"] = "00:00:30",
        ["Failover:KeepAlive"] = "00:00:00.200",
        ["Failover:ReassertWindow"] = "00:00:00.500",
    };
}
