using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using Holdfast.Simulation.Histories;
using static Holdfast.Failover.Service.Tests.World.UnderLoad;

namespace Holdfast.Failover.Service.Tests;

/// <summary>
/// Keepers claim, release, give and take, and their programs count and save, while the directory's Redis loses its
/// memory or stands still and a cluster is being promoted away from. What everybody was told, served and saved is
/// checked against the invariants of ownership.
/// </summary>
[Collection(KeeperWorld.Broker)]
public sealed class KeepersUnderLoadTests
{
    private static readonly GrainId[] Grains =
        [.. Many("order", 60), .. Many("room", 20)];

    private static readonly GrainId[] Orphans = Many("orphan", 40);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Losses => ["FLUSHALL", "an old append-only file"];

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task Keepers_of_a_directory_that_loses_its_memory_serve_on_and_break_no_invariant(string loss)
    {
        await using var redis = await RedisOnDisk.StartAsync("appendonly yes", "appendfsync always");
        await using var world = await StartAsync(() => new DirectoryOptions { Redis = redis.Address });
        await using var load = await KeeperLoad.BeginAsync(world, Grains, Orphans);

        await load.WorkAsync();
        var kept = await RedisMemory.PointsAsync(redis);
        var folder = await RedisMemory.KeepAsync(redis);
        await load.WorkAsync();
        var lost = await load.LoseInASweepAsync(LoseAsync);
        await load.WorkAsync();

        lost.ShouldNotBeEmpty();
        await load.EndAsync();

        async Task LoseAsync()
        {
            // Said before: what is told again may come sooner than whoever looks.
            foreach (var point in kept)
                world.History.WasSetBack(loss == "FLUSHALL" ? new MemoryPoint(point.Shard, "", 0) : point);
            if (loss == "FLUSHALL") await redis.CliAsync("FLUSHALL");
            else await RedisMemory.PutBackAsync(redis, folder);
        }
    }

    [Fact]
    public async Task Keepers_whose_master_is_replaced_by_a_stale_replica_serve_on_and_break_no_invariant()
    {
        await using var sentinels = await RedisSentinels.StartAsync();
        await using var world = await StartAsync(() => new DirectoryOptions
        {
            Sentinels = sentinels.Addresses,
            SentinelMaster = RedisSentinels.MasterName,
        });
        await using var load = await KeeperLoad.BeginAsync(world, Grains, Orphans);
        var master = await sentinels.MasterAsync();

        await load.WorkAsync();
        await RedisSentinels.CutReplicasAsync(master);
        var replica = sentinels.Servers.Single(server => server != master);
        var stale = await RedisMemory.PointsAsync(replica);
        await load.WorkAsync();
        var lost = await load.LoseInASweepAsync(async () =>
        {
            await master.KillAsync();
            foreach (var point in stale) world.History.WasSetBack(point);
            await sentinels.PromoteByHandAsync(replica);
        });
        await load.WorkAsync();

        lost.ShouldNotBeEmpty();
        await load.EndAsync();
    }

    [Fact]
    public async Task Keepers_whose_directory_stands_still_serve_on_under_their_epochs_and_lose_only_what_was_taken()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var world = await StartAsync(
            () => new DirectoryOptions { Redis = redis.Address }, deadline: TimeSpan.FromSeconds(2));
        var (dead, heir) = (await world.OwnerAsync("east-1"), await world.OwnerAsync("north-1"));
        var living = await world.OwnerAsync("west-1");
        GrainId[] rooms = [.. Grains.Where(grain => grain.Type == "room")], orphans = Many("order", 30);
        await KeeperWorld.OwnAsync(living, rooms);
        await KeeperWorld.OwnAsync(dead, orphans);
        var held = living.Keeper.Held;

        await redis.PauseAsync();
        await dead.KillAsync();
        world.Fence(dead);
        await world.Incident.Heard.WaitForAsync<FailoverStarted>("of east");
        var saved = (await world.SavedAsync()).Count;
        await AwaitAsync("work without a directory", async () => (await world.SavedAsync()).Count > saved + 50);
        living.Keeper.Held.ShouldBe(held, ignoreOrder: true);
        heir.Keeper.Held.ShouldBeEmpty();
        await redis.ResumeAsync();

        await world.ServedAsync(orphans, heir);
        await world.ServedAsync(rooms, living);
        living.Keeper.Held.ShouldBe(held, ignoreOrder: true);
        living.Losses.ShouldBeEmpty();
        living.Refused.ShouldBe(0);
        await world.IsRightAsync();
    }

    private static Task<KeeperWorld> StartAsync(Func<DirectoryOptions> options, TimeSpan? deadline = null) =>
        KeeperWorld.StartAsync(
            () => Connect(options() with { Deadline = deadline ?? TimeSpan.FromSeconds(5) }),
            ("Failover:ReassertWindow", "00:00:03"));
}
