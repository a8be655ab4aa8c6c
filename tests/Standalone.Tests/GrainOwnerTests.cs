using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Standalone.Nodes;
using Holdfast.Standalone.Processes;
using Holdfast.Standalone.Resource;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.Standalone.Tests;

/// <summary>The program of a node, beside a Consensus and an agent on paper.</summary>
public sealed class GrainOwnerTests : IAsyncLifetime
{
    private const int OwnerWaits = 9002;
    private const int OwnerMayNotClaim = 9005;

    private readonly WorkFolder _folder = new();
    private readonly EmbeddedGrainDirectory _directory =
        new(new DirectoryOptions { Backend = DirectoryBackend.Embedded, Shards = 1 });

    private readonly WebApplication _others;
    private readonly TaskCompletionSource<IReadOnlyList<string>> _written =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile string _kind = "leased";
    private volatile bool _takesWrites;
    private volatile string[] _nodes = ["e1"];
    private ConsensusClient _consensus = null!;
    private HoldfastSession _session = null!;
    private HttpClient _agent = null!;
    private ResourceClient _resource = null!;

    public GrainOwnerTests() => _others = Others();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _others.StartAsync(Cancel);
        var others = new Uri(_others.Urls.Single());
        _consensus = new ConsensusClient(new ConsensusClientOptions { Endpoints = [others.ToString()] });
        _session = await HoldfastSession.OpenAsync(
            _consensus, new HoldfastSessionOptions { Cluster = new ClusterId("east"), Name = "grains" }, Cancel);
        _agent = new HttpClient { BaseAddress = others };
        _resource = new ResourceClient(others, _folder.TokenFile, "e1");
    }

    public async ValueTask DisposeAsync()
    {
        _resource.Dispose();
        _agent.Dispose();
        await _session.DisposeAsync();
        _consensus.Dispose();
        await _others.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_owner_whose_type_is_to_be_leased_ends_with_a_line_that_says_so_and_is_disposed_of_in_order()
    {
        using var said = new RecordedLog();
        var owner = Owner(said, firstGrains: 1);

        owner.Start(new DeafSubscriber());

        var line = await said.HearsAsync(OwnerMayNotClaim);
        line.ShouldStartWith("The owner on e1 ends, and claims nothing");
        line.ShouldContain("graintype/account says leased");
        owner.Held.ShouldBeEmpty();
        await owner.DisposeAsync();
    }

    [Fact]
    public async Task What_was_claimed_before_a_write_failed_is_written_though_it_is_another_nodes_share_by_then()
    {
        _kind = "fenced";
        await _directory.OpenShardAsync(
            0, ElectionName.Failover(new ClusterId("east")), new Token(1), new Token(1), Cancel);
        using var said = new RecordedLog();
        await using var owner = Owner(said, firstGrains: 40);

        owner.Start(new DeafSubscriber());

        // While its writes fail another node of the cluster comes up, whose share half of them are from then on.
        await said.HearsAsync(OwnerWaits);
        _nodes = ["e1", "e2"];
        await said.HearsAsync(OwnerWaits);
        _takesWrites = true;
        var written = await _written.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        written.ShouldBe(Enumerable.Range(1, 40).Select(i => GrainOwner.Grain(i).ToString()), ignoreOrder: true);
    }

    private GrainOwner Owner(RecordedLog said, int firstGrains)
    {
        var assignment = Assignment(new Uri(_others.Urls.Single()), firstGrains);
        return new GrainOwner(
            _session, _directory, new ClusterPeers(_agent, assignment.Self), _resource, assignment, said);
    }

    private NodeAssignment Assignment(Uri others, int firstGrains) => new()
    {
        Self = new NodeEntry("e1", "east", 1, 1, 1, 1, 1),
        Hub = others,
        Resource = others,
        TokenFile = _folder.TokenFile,
        Voters = [others],
        Recoveries = [],
        Seeds = [],
        HostsRecovery = false,
        OwnsGrains = true,
        FirstGrains = firstGrains,
        JournalFile = _folder.File("journal"),
        Settings = new Dictionary<string, string>(),
    };

    private WebApplication Others()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/v1/writes", (WriteRequest request) =>
        {
            if (!_takesWrites) return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
            _written.TrySetResult([.. request.Writes.Select(write => write.Key)]);
            return Results.Json(new WriteAnswer(request.Writes.Count, []), ContractJson.Options);
        });
        app.MapFallback(context => context.Response.WriteAsJsonAsync(
            Answer(context.Request.Path.Value!), ContractJson.Options, context.RequestAborted));
        return app;
    }

    private object Answer(string path)
    {
        var token = new Token(0x10).ToString();
        if (path.Contains("/definitions/", StringComparison.Ordinal))
        {
            return new DefinitionAnswer
            {
                Key = GrainTypeText.KeyOf(GrainOwner.GrainType),
                Value = new GrainTypeText { Kind = _kind }.Write(),
                Token = token,
            };
        }

        if (!path.Contains("/sessions", StringComparison.Ordinal))
        {
            return _nodes.Select(node => new MemberAnswer
            {
                Node = node,
                Cluster = "east",
                Generation = 1,
                Verdict = 0,
                State = "up",
                Sequence = "",
                Phi = 0,
                PhiThreshold = 8,
                Observers = [],
                Accusers = [],
                Address = "127.0.0.1:1",
            });
        }

        return new SessionAnswer
        {
            Session = token,
            Token = token,
            Cluster = "east",
            Ttl = TimeSpan.FromSeconds(60),
            Agent = false,
            State = "live",
        };
    }

    private sealed class DeafSubscriber : IEventSubscriber, IAsyncDisposable
    {
        public IAsyncDisposable Subscribe<T>(string queue, Func<T, EventContext, CancellationToken, Task> handle)
            where T : class, IEvent => this;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
