using System.Collections.Concurrent;
using Holdfast.Client;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using Holdfast.Simulation.Histories;
using static Holdfast.Failover.Service.Tests.World.UnderLoad;

namespace Holdfast.Failover.Service.Tests;

/// <summary>
/// Grains are offered and accepted, Redis goes back to before that, and they are offered to another: two receivers were
/// told that they own the same grain. While it happens other processes claim, write and release, and a cluster is being
/// promoted away from.
/// </summary>
public sealed class TwoReceiversTests : IAsyncDisposable
{
    private static readonly GrainId[] Others = Many("order", 60);
    private static readonly GrainId[] Moved = Many("moved", 30);
    private static readonly GrainId[] Orphans = Many("orphan", 40);

    private readonly List<IAsyncDisposable> _opened = [];
    private readonly EpochGate _gate = new();
    private readonly OwnershipHistory _history = new();
    private IncidentWorld _world = null!;
    private RedisGrainDirectory _directory = null!;

    public static TheoryData<bool, bool> Courses => new()
    {
        // Whether the first receiver tells what it holds, and whether Redis goes back to before the offer or to before
        // its withdrawal.
        { true, false },
        { false, true },
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_opened)) await one.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Courses))]
    public async Task Grains_offered_to_two_receivers_around_a_rollback_have_no_two_owners_under_one_epoch(
        bool firstTells, bool wasWithdrawn)
    {
        var redis = await StartAsync();
        var (giver, first, second) = (PartyOf("e1", "east"), PartyOf("w1", "west"), PartyOf("n1", "north"));
        LoadedOwner[] owners = [OwnerOf("e1", "east"), OwnerOf("w1", "west")];
        using var stop = new CancellationTokenSource();
        var running = owners.Select((owner, i) => owner.RunAsync(Others, i, stop.Token)).ToArray();
        await giver.ClaimAsync(Moved);
        await OwnerOf("s1", "south").ClaimAsync(Orphans);
        if (wasWithdrawn) await giver.OfferAsync(Moved, second.Cluster);
        await StepsAsync(owners);
        var (kept, folder) = (await RedisMemory.PointsAsync(redis), await RedisMemory.KeepAsync(redis));

        // The first receiver is told that it owns them, and writes.
        if (wasWithdrawn) await giver.WithdrawAsync(Moved);
        await giver.OfferAsync(Moved, first.Cluster);
        (await first.AcceptAsync(Moved)).ShouldBe(Moved.Length);
        first.Write(Moved).ShouldBe(Moved.Length);
        await StepsAsync(owners);
        await IsToldAsync();
        await RollBackInASweepAsync(redis, folder, kept);

        // Everybody who lives tells what it believes to hold; the giver still believes, for no event reached it.
        await Task.WhenAll(TellAsync(firstTells ? [giver, first] : [giver]), IsNoticedAsync(_world, _history));
        var lost = await RepairedAsync(_world, _directory, _history);
        await giver.ClaimAnewAsync(Moved);
        await giver.OfferAsync(Moved, second.Cluster);
        var accepted = await second.AcceptAsync(Moved);
        var written = second.Write(Moved);
        var late = first.Write(Moved);
        await StepsAsync(owners);
        await stop.CancelAsync();
        await Task.WhenAll(running);

        lost.ShouldNotBeEmpty();
        await OwnsNothingAsync(_directory, "south");

        // Told in time, the first receiver keeps them all and the second gets none. Else the second has them, and the
        // resource refuses the first.
        (accepted, written, late).ShouldBe(firstTells ? (0, 0, Moved.Length) : (Moved.Length, Moved.Length, 0));
        var left = await LeftAsync(_directory);
        await EverythingIsToldAsync(_world, _history, left);
        IsRight(_history, left);
        if (firstTells) await IsDemotedAsync(giver);
        foreach (var owner in owners) await IsOnRecordAsync(_directory, owner);
    }

    private async Task<ITestServer> StartAsync()
    {
        var redis = Keep(await RedisOnDisk.StartAsync("appendonly yes", "appendfsync always"));
        _directory = Keep(Connect(redis));
        _world = Keep(await IncidentWorld.StartAsync(Keep(Connect(redis))));
        using var failover = await _world.FailoverAsync("w1", "west", ("Failover:ReassertWindow", "00:00:03"));
        await Until.IsReadyAsync(failover);
        _world.Consensus.Live("n1", "north");
        _world.Consensus.Live("s1", "south");
        _world.Directory.History = _history;
        return redis;
    }

    /// <summary>Puts the memory back while what south left behind is being promoted.</summary>
    private async Task RollBackInASweepAsync(ITestServer redis, string folder, IReadOnlyList<MemoryPoint> kept)
    {
        Task FenceAsync()
        {
            _world.Consensus.Fence("s1", "south");
            return Task.CompletedTask;
        }

        Task RollBackAsync()
        {
            // Said before: what is told again may come sooner than whoever looks.
            foreach (var point in kept) _history.WasSetBack(point);
            return RedisMemory.PutBackAsync(redis, folder);
        }

        await AmidPromotionsAsync(_world, FenceAsync, RollBackAsync);
    }

    /// <summary>The relays know what the shards did by now: they would not miss what they never read.</summary>
    private async Task IsToldAsync()
    {
        foreach (var point in await LeftAsync(_directory))
        {
            await AwaitAsync($"word of all that shard {point.Shard} did", async () =>
                (await _directory.ReadOutboxAsync(point.Shard, 0, 1, default)).Entries
                    .All(entry => entry.Seq > point.Seq));
        }
    }

    /// <summary>Whom the rollback made the owner again is told of each grain that another told to be its own.</summary>
    private Task IsDemotedAsync(TransferParty party) => _world.Heard.UntilAsync(
        "word to the giver of every grain that it has no more",
        heard => heard.Select(one => one.Event).OfType<GrainDemoted>()
            .Where(demoted => demoted.PreviousHolder == party.Session)
            .SelectMany(demoted => demoted.Grains.Select(change => new GrainId(change.Type, change.Key)))
            .ToHashSet()
            .IsSupersetOf(Moved));

    /// <summary>
    /// Tells each shard that forgot something, in its window, as keepers do; the windows are open side by side.
    /// </summary>
    private Task TellAsync(IReadOnlyList<TransferParty> parties)
    {
        var shards = Moved.Select(grain => GrainShard.Of(grain, _directory.Shards)).Distinct();
        return Task.WhenAll(shards.Select(async shard =>
        {
            await AwaitAsync($"window of shard {shard}", async () =>
                (await _directory.ShardAsync(shard, default)).Status == DirectoryStatus.Reasserting);
            foreach (var party in parties) await party.TellAsync(shard);
        }));
    }

    private LoadedOwner OwnerOf(string node, string cluster) =>
        ReportingOwner(_world.Consensus, _directory, _gate, _history, _world.Consensus.Open(node, cluster));

    private TransferParty PartyOf(string node, string cluster) =>
        new(_world.Consensus, _directory, _gate, _history, _world.Consensus.Open(node, cluster));

    private T Keep<T>(T opened)
        where T : IAsyncDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    /// <summary>A process that gives and takes grains. What it is told goes into the history.</summary>
    private sealed class TransferParty(
        PaperConsensus consensus,
        RedisGrainDirectory directory,
        EpochGate gate,
        OwnershipHistory history,
        SessionRecord session)
    {
        private readonly ConcurrentDictionary<GrainId, Epoch> _held = [];
        private Token _token = session.Token;

        public ClusterId Cluster => session.Cluster;

        public string Session => session.Id.ToString();

        public async Task ClaimAsync(IReadOnlyList<GrainId> grains) => Take(await directory.ClaimAsync(
            [.. grains.Select(grain => new GrainClaim(grain))], Cluster, session.Id, _token, default), isChange: true);

        public Task ClaimAnewAsync(IReadOnlyList<GrainId> grains)
        {
            _token = consensus.Advance(session.Id);
            return ClaimAsync(grains);
        }

        /// <summary>Offers what it believes to hold; to nobody withdraws.</summary>
        public async Task OfferAsync(IReadOnlyList<GrainId> grains, ClusterId? to) => await directory.OfferAsync(
            [.. grains.Where(_held.ContainsKey).Select(grain => new HeldGrain(grain, _held[grain]))],
            session.Id,
            to,
            default);

        /// <summary>Withdraws offers, under whose epochs nothing is offered again.</summary>
        public async Task WithdrawAsync(IReadOnlyList<GrainId> grains)
        {
            await OfferAsync(grains, null);
            await ClaimAnewAsync(grains);
        }

        /// <summary>How many were given.</summary>
        public async Task<int> AcceptAsync(IReadOnlyList<GrainId> grains)
        {
            _token = consensus.Advance(session.Id);
            return Take(await directory.AcceptAsync(grains, Cluster, session.Id, _token, default), isChange: true);
        }

        public async Task TellAsync(int shard)
        {
            var token = consensus.Advance(session.Id);
            var held = _held.Where(held => GrainShard.Of(held.Key, directory.Shards) == shard);
            Take(
                await directory.ReassertAsync(
                    [.. held.Select(one => new HeldGrain(one.Key, one.Value))], Cluster, session.Id, token, default),
                isChange: false);
        }

        /// <summary>How many writes the resource took under the epochs that this process was told.</summary>
        public int Write(IReadOnlyList<GrainId> grains) => grains.Count(grain =>
            _held.TryGetValue(grain, out var epoch) && gate.Guard(
                grain.ToString(),
                epoch,
                () =>
                {
                    history.Decided(new GuardDecided(grain, epoch, IsAccepted: true));
                    return true;
                },
                out _).Passed);

        private int Take(IReadOnlyList<GrainAnswer> answers, bool isChange)
        {
            foreach (var answer in answers.Where(one => one.Status == DirectoryStatus.Ok))
            {
                var record = answer.Record!;
                _held[answer.Grain] = record.Epoch;
                history.Told(new OwnerTold(
                    answer.Grain,
                    record.Epoch,
                    record.Cluster,
                    record.Holder,
                    new MemoryPoint(
                        GrainShard.Of(answer.Grain, directory.Shards), answer.Shard.Gen, answer.Shard.Seq),
                    isChange));
            }

            return answers.Count(one => one.Status == DirectoryStatus.Ok);
        }
    }
}
