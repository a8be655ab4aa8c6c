using System.Globalization;
using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Failover.Service;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Recovery.Service.Tests.World;

/// <summary>
/// Everything but processes: three real voters, the embedded directory, the in-memory bus with somebody who listens,
/// Failovers that create the directory, relay its events and promote, Recoveries, and real hosts of slots.
/// </summary>
internal sealed class SlotWorld : IAsyncDisposable
{
    private const int Shards = 8;

    private readonly ThreeVoters _voters;
    private readonly List<IAsyncDisposable> _parts = [];

    private SlotWorld(EventBus bus, ThreeVoters voters)
    {
        (Bus, _voters) = (bus, voters);
        Heard = new EventLog(bus);
        Directory = new EmbeddedGrainDirectory(new DirectoryOptions { Shards = Shards });
        Consensus = new ConsensusClient(new ConsensusClientOptions
        {
            Endpoints = voters.Endpoints,
            Deadline = TimeSpan.FromSeconds(20),
        });
    }

    public EventBus Bus { get; }

    public EventLog Heard { get; }

    public IGrainDirectory Directory { get; }

    public ConsensusClient Consensus { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<SlotWorld> StartAsync()
    {
        var bus = EventBus.Open(new BusOptions { Transport = BusTransport.Memory }, NullLoggerFactory.Instance);
        var world = new SlotWorld(bus, await ThreeVoters.StartAsync(bus));
        await world.Heard.StartAsync();
        return world;
    }

    /// <summary>The agent of a node, which lives until it is disposed of.</summary>
    public async Task<HoldfastSession> AgentAsync(string node, string cluster)
    {
        var session = await HoldfastSession.OpenAsync(
            Consensus,
            new HoldfastSessionOptions
            {
                Cluster = new ClusterId(cluster),
                Node = new NodeId(node),
                Generation = new Generation(1),
                Agent = true,
                KeepAlive = TimeSpan.FromMilliseconds(250),
            },
            Cancel);
        _parts.Add(session);
        return session;
    }

    /// <summary>A host of slots on a node whose agent lives.</summary>
    public async Task<HostOnNode> HostAsync(string node, string cluster, Uri recovery, int capacity = 10)
    {
        var host = await HostOnNode.StartAsync(Consensus, new NodeId(node), new ClusterId(cluster), recovery, capacity);
        _parts.Add(host);
        return host;
    }

    public Task<Uri> FailoverAsync(string cluster) => ServeAsync(
        "failover", $"failover-{cluster}", cluster, builder => builder.AddFailover(), app => app.MapFailover());

    public Task<Uri> RecoveryAsync(string cluster, string? node = null) => ServeAsync(
        "recovery", node ?? $"recovery-{cluster}", cluster, builder => builder.AddRecovery(), app => app.MapRecovery());

    public async Task StopAsync(IAsyncDisposable part)
    {
        _parts.Remove(part);
        await part.DisposeAsync();
    }

    /// <summary>The service at an address ends.</summary>
    public Task StopAsync(Uri service) =>
        StopAsync(_parts.OfType<WebApplication>().First(app => new Uri(app.Urls.Single()) == service));

    public async Task FenceAsync(string node, string cluster, string traceParent)
    {
        while (true)
        {
            var answer = await Consensus.FenceAsync(
                new FenceRequest
                {
                    Node = node,
                    Cluster = cluster,
                    Generation = 1,
                    SilentFor = TimeSpan.FromSeconds(2),
                    Cause = "silence",
                    Reporter = "test",
                    Observers = [],
                },
                traceParent,
                Cancel);

            // A leader in its first moments knows nothing yet, and says so.
            if (answer.Demand().Outcome == "fenced") return;
            answer.Demand().Outcome.ShouldBe("retry");
        }
    }

    public async Task DemandAsync(ICommand command) =>
        (await Bus.SendAsync(command, Cancel)).ShouldBeOfType<CommandAccepted>();

    public async Task<SlotRecord> SlotAsync(string group, int slot) =>
        (await Directory.AllSlotsAsync(new GroupId(group), Cancel)).Records.Single(record => record.Slot == slot);

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(_parts)) await part.DisposeAsync();
        await Bus.DisposeAsync();
        Consensus.Dispose();
        await _voters.DisposeAsync();
    }

    private async Task<Uri> ServeAsync(
        string service,
        string node,
        string cluster,
        Action<WebApplicationBuilder> add,
        Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(_voters.Endpoints.Select((url, at) =>
            KeyValuePair.Create<string, string?>($"ConsensusClient:Endpoints:{at}", url)));
        builder.Configuration.AddInMemoryCollection(Settings(service, node, cluster));
        builder.Services.AddHoldfastBus(Bus);
        builder.Services.AddSingleton(Directory);
        builder.AddHoldfastDefaults(service, telemetry: false);
        builder.AddHoldfastBus();
        add(builder);
        var app = builder.Build();
        app.MapHoldfastDefaults();
        map(app);
        await app.StartAsync(Cancel);
        _parts.Add(app);
        var address = new Uri(app.Urls.Single());
        await Until.IsReadyAsync(address);
        return address;
    }

    private static Dictionary<string, string?> Settings(string service, string node, string cluster)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Node:Id"] = node,
            ["Node:Cluster"] = cluster,
            ["Auth:AllowAnonymous"] = "true",
            ["Bus:Transport"] = "memory",
            ["Directory:Backend"] = "embedded",
            ["Directory:Shards"] = Shards.ToString(CultureInfo.InvariantCulture),
        };
        var own = service == "failover" ? FailoverSettings() : RecoverySettings();
        foreach (var (key, value) in own) settings[key] = value;
        return settings;
    }

    private static Dictionary<string, string?> FailoverSettings() => new()
    {
        ["Failover:Grace"] = "00:00:00.300",
        ["Failover:CheckInterval"] = "00:00:00.200",
        ["Failover:SessionTtl"] = "00:00:02",
        ["Failover:KeepAlive"] = "00:00:00.200",
    };

    private static Dictionary<string, string?> RecoverySettings() => new()
    {
        ["Recovery:TickInterval"] = "00:00:00.100",
        ["Recovery:CheckInterval"] = "00:00:00.500",
        ["Recovery:BackoffMin"] = "00:00:00.050",
        ["Recovery:SessionTtl"] = "00:00:02",
        ["Recovery:KeepAlive"] = "00:00:00.200",
    };
}
