using System.Net;
using System.Net.Http.Json;
using System.Threading.Channels;
using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Hosting.Tests.ClientBus;

/// <summary>What the bus does to keepers of grains: they look at once, and offer what a command wishes.</summary>
public sealed class GrainHintTests
{
    private static readonly ClusterId East = new("east");
    private static readonly ClusterId West = new("west");
    private static readonly ElectionName FailoverWest = ElectionName.Failover(West);
    private static readonly GrainId Grain = new("order", "1");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_promotion_on_the_bus_has_the_new_owner_claim_and_the_old_one_look_at_once()
    {
        await using var world = await World.StartAsync();
        await using var east = await world.KeepAsync(East);
        await using var west = await world.KeepAsync(West);
        await east.Keeper.ClaimAsync([Grain], Cancel);
        await east.HearsAsync("load order/1");

        var record = await world.PromoteAsync();
        await world.Bus.PublishAsync(Promoted(record), null, Cancel);

        await west.HearsAsync("load order/1");
        await east.HearsAsync("lost order/1 Demoted");
    }

    [Fact]
    public async Task The_command_to_offer_is_answered_by_the_givers_and_followed_by_the_receivers()
    {
        await using var world = await World.StartAsync();
        await using var east = await world.KeepAsync(East);
        await using var west = await world.KeepAsync(West);
        await east.Keeper.ClaimAsync([Grain], Cancel);

        var answer = await world.Bus.SendAsync(Wish("west"), Cancel);

        answer.ShouldBeOfType<CommandAccepted>();
        await east.HearsAsync("drain order/1");
        await west.HearsAsync("load order/1");
        await east.HearsAsync("lost order/1 Transferred");
    }

    [Fact]
    public async Task A_program_that_does_not_keep_the_type_leaves_the_answer_to_one_that_does()
    {
        await using var world = await World.StartAsync();
        await using var other = await world.KeepAsync(East);
        await using var rooms = await world.KeepAsync(East, "room");
        await using var west = await world.KeepAsync(West);

        var answer = await world.Bus.SendAsync(Wish("west") with { GrainType = "room" }, Cancel);

        answer.ShouldBeOfType<CommandAccepted>();
    }

    [Fact]
    public async Task A_promotion_within_the_own_cluster_has_the_holder_look_as_well()
    {
        await using var world = await World.StartAsync();
        await using var west = await world.KeepAsync(West);
        var record = (await west.Keeper.ClaimAsync([Grain], Cancel)).Single().Record!;
        await world.Directory.ReleaseAsync(
            [new HeldGrain(Grain, record.Epoch, record.Kind)], record.Holder!.Value, Cancel);

        await world.Bus.PublishAsync(Promoted(record), null, Cancel);

        await west.HearsAsync("lost order/1 Released");
    }

    [Theory]
    [InlineData("nowhere", null, null, "unknownCluster")]
    [InlineData("no where", null, null, "invalidRequest")]
    [InlineData("east", null, null, "ownCluster")]
    [InlineData("west", null, 0, "illegalNumber")]
    public async Task A_command_that_cannot_be_is_refused_by_name_and_changes_nothing(
        string to, string? type, int? grainsMax, string code)
    {
        await using var world = await World.StartAsync();
        await using var east = await world.KeepAsync(East);
        await using var west = await world.KeepAsync(West);
        await east.Keeper.ClaimAsync([Grain], Cancel);

        var answer = await world.Bus.SendAsync(Wish(to) with { GrainType = type, GrainsMax = grainsMax }, Cancel);

        answer.ShouldBeOfType<CommandRefused>().Code.ShouldBe(code);
        east.Keeper.TryServe(Grain, out _).ShouldBeTrue();
    }

    private static OfferTransfer Wish(string to) =>
        new() { CommandId = Guid.NewGuid(), FromCluster = "east", ToCluster = to };

    private static GrainPromoted Promoted(GrainRecord record) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = DateTime.UtcNow,
        Source = "directory",
        Subject = "shard/00",
        Sequence = "0000000000000001-0000000000000002",
        Shard = 0,
        Cause = "test",
        Token = record.Epoch.Token.ToString(),
        Grains = [new GrainChange { Type = Grain.Type, Key = Grain.Key, NewEpoch = record.Epoch.ToString() }],
        FromCluster = "east",
        ToCluster = "west",
    };

    /// <summary>A bus and a directory in memory, and as much of Consensus as keepers need.</summary>
    private sealed class World : HttpMessageHandler, IAsyncDisposable
    {
        private readonly Lock _gate = new();
        private readonly List<SessionAnswer> _sessions = [];
        private ulong _index = 0x10;

        private World() => Consensus = new ConsensusClient(
            new ConsensusClientOptions { Endpoints = ["http://consensus"] }, this);

        public EventBus Bus { get; } = EventBus.Open(
            new BusOptions { Transport = BusTransport.Memory }, NullLoggerFactory.Instance);

        public EmbeddedGrainDirectory Directory { get; } = new(
            new DirectoryOptions { Backend = DirectoryBackend.Embedded, Shards = 1 });

        public ConsensusClient Consensus { get; }

        public static async Task<World> StartAsync()
        {
            var world = new World();
            await world.Directory.OpenShardAsync(0, FailoverWest, new Token(1), new Token(1), Cancel);
            return world;
        }

        public async Task<Kept> KeepAsync(ClusterId cluster, string type = "order")
        {
            var wanted = new HoldfastSessionOptions { Cluster = cluster, Name = "orders" };
            return await Kept.StartAsync(this, await HoldfastSession.OpenAsync(Consensus, wanted, Cancel), type);
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

    /// <summary>A keeper that hears the bus, lists nothing, and says what its program is called for.</summary>
    private sealed class Kept : IGrainProgram, IAsyncDisposable
    {
        private readonly Channel<string> _calls = Channel.CreateUnbounded<string>();
        private readonly CancellationTokenSource _stop = new();
        private readonly HoldfastSession _session;
        private readonly HoldfastSubscriber _subscriber;
        private Task _running = Task.CompletedTask;

        private Kept(World world, HoldfastSession session, string type)
        {
            _session = session;
            Keeper = new GrainKeeper(world.Consensus, world.Directory, this, new GrainKeeperOptions
            {
                Types = [type],
                CheckInterval = TimeSpan.FromMilliseconds(50),
                ListInterval = TimeSpan.FromHours(1),
            });
            _subscriber = new HoldfastSubscriber(world.Bus, $"orders-{session.Id}");
        }

        public GrainKeeper Keeper { get; }

        public static async Task<Kept> StartAsync(World world, HoldfastSession session, string type)
        {
            var kept = new Kept(world, session, type);
            kept._running = kept.Keeper.RunAsync(session, kept._stop.Token);
            await kept._subscriber.Hint(kept.Keeper).WhenReadyAsync();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (!kept.Keeper.IsReady) await timer.WaitForNextTickAsync(Cancel);
            return kept;
        }

        public async Task HearsAsync(string wanted)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                // What came before is not what is waited for.
                while (await _calls.Reader.ReadAsync(deadline.Token) != wanted) continue;
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException($"Not called within 20 s: {wanted}.", late);
            }
        }

        public Task LoadAsync(HeldGrain grain, CancellationToken cancel) => Say($"load {grain.Grain}");

        public Task DrainAsync(HeldGrain grain, CancellationToken cancel) => Say($"drain {grain.Grain}");

        public Task LostAsync(GrainLoss loss, CancellationToken cancel) => Say($"lost {loss.Grain} {loss.Cause}");

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            await _subscriber.DisposeAsync();
            await Keeper.DisposeAsync();
            await _session.DisposeAsync();
            _stop.Dispose();
        }

        private Task Say(string call)
        {
            _calls.Writer.TryWrite(call);
            return Task.CompletedTask;
        }
    }
}
