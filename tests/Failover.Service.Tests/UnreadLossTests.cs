using Holdfast.Client;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Servers.Topologies;
using static Holdfast.Failover.Service.Tests.World.UnderLoad;

namespace Holdfast.Failover.Service.Tests;

/// <summary>
/// A real Redis forgets only what no relay had read yet. The relay finds the memory that it knew and confirms it; who
/// was acknowledged what is gone knows better.
/// </summary>
public sealed class UnreadLossTests
{
    private static readonly ClusterId East = new("east");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly GrainId Read = new("order", "1");

    // On the same shard, which the test checks.
    private static readonly GrainId Unread = Enumerable.Range(2, 1_000)
        .Select(i => new GrainId("order", $"{i}"))
        .First(grain => GrainShard.Of(grain, IncidentWorld.Shards) == GrainShard.Of(Read, IncidentWorld.Shards));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acknowledged_and_not_read_yet_is_reported_by_whom_it_was_acknowledged_to()
    {
        await using var redis = await RedisOnDisk.StartAsync("appendonly yes", "appendfsync always");
        await using var relays = Connect(redis);
        await using var own = Connect(redis);
        await using var world = await IncidentWorld.StartAsync(relays);
        using var failover = await world.FailoverAsync(
            "w1",
            "west",
            ("Failover:ReassertWindow", "00:00:03"),
            ("OutboxRelay:RetryIntervalMax", "00:00:00.200"));
        await Until.IsReadyAsync(failover);
        using var consensus = new ConsensusClient(new ConsensusClientOptions { Endpoints = [world.Consensus.Url] });
        var reports = new DirectoryLossReports(own, consensus);
        var east = world.Consensus.Open("e1", "east");
        var shard = GrainShard.Of(Read, IncidentWorld.Shards);
        await ClaimAsync(own, east, Read);
        await world.Heard.WaitForAsync<GrainClaimed>("so that the relay has read it");

        world.Directory.Silence(shard);
        var folder = await RedisMemory.KeepAsync(redis);
        var (gen, epoch) = await ClaimAsync(own, east, Unread);
        await RedisMemory.PutBackAsync(redis, folder);
        world.Directory.Heal(shard);
        await SeenAsync(relays, shard, "confirmation", seen => seen.Run == seen.Process);

        // To the relay nothing is missing.
        world.Consensus.Losses.ShouldBeEmpty();
        (await relays.LookupAsync([Unread], Cancel)).Single().Status.ShouldBe(DirectoryStatus.NotFound);

        // Its connection was lost, and it asked at once; a look of its own would do as well.
        await own.ShardAsync(shard, Cancel);
        own.Forgotten.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            lost => lost.Shard.ShouldBe(shard), lost => lost.Gen.ShouldBe(gen));
        await reports.ReportAsync(Cancel);
        await reports.ReportAsync(Cancel);

        world.Consensus.Losses.ShouldHaveSingleItem().Memory.Gen.ShouldBe(gen);
        await SeenAsync(own, shard, "window", seen => seen.Status == DirectoryStatus.Reasserting);
        var token = world.Consensus.Advance(east.Id);
        (await own.ReassertAsync([new HeldGrain(Unread, epoch)], East, east.Id, token, Cancel))
            .Single().Status.ShouldBe(DirectoryStatus.Ok);
        await SeenAsync(own, shard, "end of the window", seen => seen.Status == DirectoryStatus.Ok);
        (await own.LookupAsync([Unread], Cancel)).Single().Record!.Epoch.ShouldBe(epoch);
        own.Forgotten.ShouldBeEmpty();
    }

    private static async Task<(string Gen, Epoch Epoch)> ClaimAsync(
        RedisGrainDirectory directory, SessionRecord session, GrainId grain)
    {
        var answer = (await directory.ClaimAsync(
            [new GrainClaim(grain)], East, session.Id, session.Token, Cancel)).Single();
        answer.Status.ShouldBe(DirectoryStatus.Ok);
        return (answer.Shard.Gen, answer.Record!.Epoch);
    }

    private static async Task SeenAsync(
        RedisGrainDirectory directory, int shard, string what, Func<ShardAnswer, bool> wanted)
    {
        using var giveUp = new CancellationTokenSource(Patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var seen = await directory.ShardAsync(shard, Cancel);
            if (wanted(seen)) return;
            if (giveUp.IsCancellationRequested) throw new TimeoutException($"No {what}; shard {shard} says {seen}");
            await pace.WaitForNextTickAsync(Cancel);
        }
    }
}
