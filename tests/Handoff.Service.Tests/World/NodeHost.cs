using System.Net.Http.Json;
using Holdfast.Consensus.Service;
using Holdfast.Contracts.Http;
using Holdfast.Gossip.Service;
using Holdfast.Hosting;
using Holdfast.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Handoff.Service.Tests.World;

/// <summary>A service in this process on HTTP of its own: a supervisor, or the agent of its node.</summary>
internal sealed class NodeHost : IAsyncDisposable
{
    private const string AnyUrl = "http://127.0.0.1:0";

    private readonly WebApplication _app;

    private NodeHost(WebApplication app, Announced bus)
    {
        (_app, Bus) = (app, bus);
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Http { get; }

    public Announced Bus { get; }

    /// <summary>The way of the node's bus for commands; only of a supervisor that hears them.</summary>
    public ICommandBus Commands => _app.Services.GetRequiredService<ICommandBus>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static Task<NodeHost> SupervisorAsync(
        Dictionary<string, string?> settings,
        Action<IServiceCollection>? services = null,
        bool hearsCommands = false) => StartAsync(
        "handoff",
        settings,
        builder =>
        {
            services?.Invoke(builder.Services);
            builder.AddHandoff();
        },
        app => app.MapHandoff(),
        hearsCommands: hearsCommands);

    /// <summary>An agent whose Consensus is away, which it can live with.</summary>
    public static Task<NodeHost> AgentAsync(string url = AnyUrl) => StartAsync(
        "gossip",
        new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Node:Id"] = "edge-1",
            ["Node:Cluster"] = "edge",
            ["Auth:AllowAnonymous"] = "true",
            ["Bus:Transport"] = "memory",
            ["ConsensusClient:Endpoints:0"] = "http://127.0.0.1:9",
            ["ConsensusClient:Deadline"] = "00:00:02",
            ["Gossip:Listen"] = "127.0.0.1:0",
            ["Gossip:LeaveOnStop"] = "false",
        },
        builder => builder.AddGossip(),
        app => app.MapGossip(),
        url);

    /// <summary>A Consensus of one voter at <paramref name="url"/>, its log in <paramref name="folder"/>.</summary>
    public static Task<NodeHost> VoterAsync(string url, string folder)
    {
        var raft = $"127.0.0.1:{FreePort.Next()}";
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Node:Id"] = "v1",
            ["Node:Cluster"] = "c1",
            ["Auth:AllowAnonymous"] = "true",
            ["Bus:Transport"] = "memory",
            ["Consensus:Listen"] = raft,
            ["Consensus:DataDirectory"] = folder,
            ["Consensus:Voters:0:Node"] = "v1",
            ["Consensus:Voters:0:Domain"] = "d1",
            ["Consensus:Voters:0:RaftAddress"] = raft,
            ["Consensus:Voters:0:HttpAddress"] = url,
        };
        return StartAsync("consensus", settings, builder => builder.AddConsensus(), app => app.MapConsensus(), url);
    }

    /// <summary>The one daemon, once it is as it shall be.</summary>
    public Task<DaemonAnswer> DaemonAsync(string what, Func<DaemonAnswer, bool> fits) =>
        Until.SeesAsync($"the daemon is {what}", DaemonAsync, fits);

    public Task<DaemonAnswer> ServingAsync() => DaemonAsync("serving", daemon => daemon.State == "serving");

    public async Task<HandoffAnswer> HandOverAsync(string build)
    {
        var answer = await Http.PostAsJsonAsync(
            "/v1/daemons/counter/handoff", new HandoffRequest { Build = build }, Cancel);
        answer.StatusCode.ShouldBe(System.Net.HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Cancel));
        return (await answer.Content.ReadFromJsonAsync<HandoffAnswer>(Cancel))!;
    }

    public Task<HandoffAnswer> EndedAsync(string handoff) => Until.SeesAsync(
        $"the end of handoff {handoff}",
        async cancel => (await Http.GetFromJsonAsync<HandoffAnswer>($"/v1/handoffs/{handoff}", cancel))!,
        answer => answer.Outcome != "running");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task<DaemonAnswer> DaemonAsync(CancellationToken cancel) =>
        (await Http.GetFromJsonAsync<DaemonAnswer>("/v1/daemons/counter", cancel))!;

    private static EventBus MemoryBus(IServiceProvider provider) => EventBus.Open(
        new BusOptions { Transport = BusTransport.Memory, PublishDeadline = TimeSpan.FromSeconds(10) },
        provider.GetRequiredService<ILoggerFactory>());

    private static async Task<NodeHost> StartAsync(
        string service,
        Dictionary<string, string?> settings,
        Action<WebApplicationBuilder> add,
        Action<WebApplication> map,
        string url = AnyUrl,
        bool hearsCommands = false)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        var bus = new Announced();
        builder.Services.AddSingleton<IEventPublisher>(bus);
        if (!hearsCommands) builder.Services.AddSingleton<ICommandBus, NoCommands>();
        else builder.Services.AddSingleton<ICommandBus>(provider => MemoryBus(provider));
        builder.AddHoldfastDefaults(service, telemetry: false);
        builder.AddHoldfastBus();
        add(builder);
        var app = builder.Build();
        app.MapHoldfastDefaults();
        map(app);
        await app.StartAsync(Cancel);
        return new NodeHost(app, bus);
    }
}
