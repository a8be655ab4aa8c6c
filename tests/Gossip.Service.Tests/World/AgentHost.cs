using System.Net;
using Holdfast.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Gossip.Service.Tests;

/// <summary>A whole Gossip host in this process: its own web application, UDP socket and loop.</summary>
internal sealed class AgentHost : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;

    private AgentHost(WebApplication app, Announcements bus)
    {
        (_app, Bus) = (app, bus);
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Http { get; }

    public Announcements Bus { get; }

    public IPEndPoint Udp => _app.Services.GetRequiredService<GossipAgent>().LocalEndPoint;

    public GossipMembers Members => _app.Services.GetRequiredService<GossipMembers>();

    public bool IsReady => _app.Services.GetRequiredService<NodeSession>().WaitsFor() is null;

    public ulong Generation => Members.Current.Self!.Record.Generation.Value;

    /// <summary>
    /// Settings that make an agent quick, yet patient enough for a machine that does other things too.
    /// </summary>
    public static Dictionary<string, string?> Quick(
        string node, string cluster, string voter, AgentHost? seed) => new()
        {
            ["Node:Id"] = node,
            ["Node:Cluster"] = cluster,
            ["Auth:AllowAnonymous"] = "true",
            ["Bus:Transport"] = "memory",
            ["ConsensusClient:Endpoints:0"] = voter,
            ["ConsensusClient:Deadline"] = "00:00:02",
            ["Gossip:Listen"] = "127.0.0.1:0",
            ["Gossip:LanInterval"] = "00:00:00.060",
            ["Gossip:WanInterval"] = "00:00:00.120",
            ["Gossip:QuietInterval"] = "00:00:00.200",
            ["Gossip:PauseAccepted"] = "00:00:00.800",
            ["Gossip:SelfPauseMax"] = "00:00:00.400",
            ["Gossip:LeaveOnStop"] = "false",
            ["Gossip:Seeds"] = seed?.Udp.ToString() ?? "",
        };

    public static async Task<AgentHost> StartAsync(Dictionary<string, string?> settings, Announcements? bus = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        bus ??= new Announcements();
        builder.Services.AddSingleton<IEventPublisher>(bus);
        builder.AddHoldfastDefaults("gossip", telemetry: false);
        builder.AddHoldfastBus();
        builder.AddGossip();
        var app = builder.Build();
        app.MapHoldfastDefaults();
        app.MapGossip();
        try
        {
            await app.StartAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new AgentHost(app, bus);
    }

    /// <summary>Waits until the agent's view fits; says what did not come, and how it looked instead.</summary>
    public async Task UntilAsync(Func<MembersView, bool> fits, string what)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            var changed = Members.Changed;
            if (fits(Members.Current)) return;
            try
            {
                await changed.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException late)
            {
                var seen = Members.Current.Peers.Select(peer => $"{peer.Record.Node} {peer.Record.Version}");
                throw new TimeoutException($"Not within {Patience}: {what}. Seen: {string.Join("; ", seen)}", late);
            }
        }
    }

    public Task UntilStateAsync(string node, Protocol.PeerState state) => UntilAsync(
        view => view.Peers.Any(peer => peer.Record.Node.Value == node && peer.Record.State == state),
        $"{node} {state}");

    /// <summary>Ends it without a word to its peers.</summary>
    public Task KillAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
