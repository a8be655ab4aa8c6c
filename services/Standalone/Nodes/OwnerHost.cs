using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Standalone.Hub;
using Holdfast.Standalone.Local;
using Holdfast.Standalone.Ports;
using Holdfast.Standalone.Processes;
using Holdfast.Standalone.Resource;

namespace Holdfast.Standalone.Nodes;

/// <summary>What a client asks an owner to write.</summary>
internal sealed record OwnerWriteRequest(string Value);

/// <summary>What an owner says it holds.</summary>
internal sealed record OwnerAnswer(string Node, string Session, IReadOnlyDictionary<string, string> Grains);

/// <summary>
/// The program of a node: a <see cref="GrainOwner"/> with its session, a <see cref="ReplicaProgram"/> for the slots it
/// is given, and their HTTP surface.
/// </summary>
internal sealed class OwnerHost : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);

    private readonly ConsensusClient _consensus;
    private readonly HttpClient _agent;
    private readonly ResourceClient _resource;
    private readonly HoldfastSession _session;
    private readonly GrainOwner _owner;
    private readonly RunningHost _host;

    private OwnerHost(
        ConsensusClient consensus,
        HttpClient agent,
        ResourceClient resource,
        HoldfastSession session,
        GrainOwner owner,
        RunningHost host) =>
        (_consensus, _agent, _resource, _session, _owner, _host) = (consensus, agent, resource, session, owner, host);

    public static async Task<OwnerHost> StartAsync(NodeAssignment assignment, IGrainDirectory directory, HubBus bus)
    {
        var self = assignment.Self;
        var consensus = new ConsensusClient(new ConsensusClientOptions
        {
            Endpoints = [.. assignment.Voters.Select(voter => voter.ToString())],
            TokenFile = assignment.TokenFile,
        });
        var agent = new HttpClient { BaseAddress = Layout.Url(self.GossipHttp), Timeout = Timeout.InfiniteTimeSpan };
        var peers = new ClusterPeers(agent, self);
        var session = await OpenSessionAsync(
            consensus,
            new HoldfastSessionOptions
            {
                Cluster = new ClusterId(self.Cluster),
                Node = new NodeId(self.Node),
                Generation = await peers.GenerationAsync(CancellationToken.None),
                Name = $"grains of {self.Node}",
            });
        var resource = new ResourceClient(assignment.Resource, assignment.TokenFile, self.Node);

        var builder = Hosts.NewBuilder("owner", self.OwnerHttp, NodeSettings.Of(assignment));
        builder.AddReplicas(assignment, consensus, bus);
        var app = builder.Build();
        var owner = new GrainOwner(
            session, directory, peers, resource, assignment, app.Services.GetRequiredService<ILogger<GrainOwner>>());
        app.MapHoldfastDefaults();
        Map(app, owner, new OwnerAnswer(self.Node, session.Id.ToString(), new Dictionary<string, string>()));
        app.MapReplicas();
        var host = await Hosts.RunAsync(app);
        owner.Start(bus);
        return new OwnerHost(consensus, agent, resource, session, owner, host);
    }

    public async ValueTask DisposeAsync()
    {
        await _owner.DisposeAsync();
        await _host.DisposeAsync();
        await _session.DisposeAsync();
        _resource.Dispose();
        _agent.Dispose();
        _consensus.Dispose();
    }

    private static async Task<HoldfastSession> OpenSessionAsync(
        ConsensusClient consensus, HoldfastSessionOptions options)
    {
        HoldfastSession? session = null;
        await Waiting.UntilAsync(
            "the opening of a session",
            StartDeadline,
            async late => (session = await HoldfastSession.OpenAsync(consensus, options, late)) is not null,
            CancellationToken.None);
        return session!;
    }

    private static void Map(WebApplication app, GrainOwner owner, OwnerAnswer self)
    {
        app.MapGet("/v1/grains", () => self with
        {
            Grains = owner.Held.ToDictionary(grain => grain.Key.ToString(), grain => grain.Value.ToString()),
        });
        app.MapPost("/v1/grains/{type}/{**key}", async (
            string type, string key, OwnerWriteRequest request, CancellationToken cancel) =>
            GrainId.Problem(type, key) is { } problem ? Problem.Invalid(problem)
            : await owner.WriteAsync(new GrainId(type, key), request.Value, cancel) is { } answer ? Results.Ok(answer)
            : Problem.NotFound($"{self.Node} does not hold {type}/{key}."));
    }
}
