using Holdfast.Client;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using Holdfast.Simulation.Histories;
using static Holdfast.Failover.Service.Tests.World.UnderLoad;

namespace Holdfast.Failover.Service.Tests;

/// <summary>
/// A real Redis loses its memory while four processes claim, write and release and a cluster is being promoted away
/// from. What everybody was told is checked against the invariants of ownership.
/// </summary>
public sealed class MemoryLossUnderLoadTests
{
    private static readonly GrainId[] Grains = Many("order", 60);
    private static readonly GrainId[] Orphans = Many("orphan", 40);

    public static TheoryData<string> Losses => ["FLUSHALL", "an old append-only file", "an old backup"];

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task No_loss_of_memory_under_load_breaks_an_invariant(string loss)
    {
        await using var redis = await RedisOnDisk.StartAsync(
            loss == "an old append-only file" ? ["appendonly yes", "appendfsync always"] : []);
        await using var directory = Connect(redis);
        await using var world = await IncidentWorld.StartAsync(directory);
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:ReassertWindow", "00:00:02"));
        await Until.IsReadyAsync(failover);
        var history = world.Directory.History = new OwnershipHistory();
        var gate = new EpochGate();
        world.Consensus.Live("n1", "north");
        await OwnerOf("n1", "north").ClaimAsync(Orphans);
        LoadedOwner[] owners =
            [OwnerOf("e1", "east"), OwnerOf("e1", "east"), OwnerOf("w1", "west"), OwnerOf("w1", "west")];
        using var stop = new CancellationTokenSource();
        var running = owners.Select((owner, i) => owner.RunAsync(Grains, i, stop.Token)).ToArray();

        await StepsAsync(owners);
        var kept = await RedisMemory.PointsAsync(redis);
        var folder = await KeepAsync(redis, loss);
        await StepsAsync(owners);
        await AmidPromotionsAsync(
            world,
            dieAsync: () =>
            {
                world.Consensus.Fence("n1", "north");
                return Task.CompletedTask;
            },
            befallAsync: () => LoseAsync(redis, loss, folder, kept, history));
        var lost = await RepairedAsync(world, directory, history);
        await StepsAsync(owners);
        await stop.CancelAsync();
        await Task.WhenAll(running);

        lost.ShouldNotBeEmpty();
        await OwnsNothingAsync(directory, "north");
        var left = await LeftAsync(directory);
        await EverythingIsToldAsync(world, history, left);
        IsRight(history, left);
        foreach (var owner in owners) await IsOnRecordAsync(directory, owner);

        LoadedOwner OwnerOf(string node, string cluster) =>
            new(world.Consensus, directory, gate, history, world.Consensus.Open(node, cluster));
    }

    private static async Task<string> KeepAsync(ITestServer redis, string loss)
    {
        if (loss == "an old backup") await redis.CliAsync("SAVE");
        return await RedisMemory.KeepAsync(redis);
    }

    private static async Task LoseAsync(
        ITestServer redis, string loss, string folder, IReadOnlyList<MemoryPoint> kept, OwnershipHistory history)
    {
        // Said before: what is told again may come sooner than whoever looks.
        foreach (var point in kept)
            history.WasSetBack(loss == "FLUSHALL" ? new MemoryPoint(point.Shard, "", 0) : point);
        if (loss == "FLUSHALL") await redis.CliAsync("FLUSHALL");
        else await RedisMemory.PutBackAsync(redis, folder);
    }
}
