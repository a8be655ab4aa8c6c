using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests;

/// <summary>A shard loses its memory, and Failover, whose relay reads it, sees to the rest.</summary>
public sealed class MemoryLossTests
{
    private static readonly ClusterId East = new("east");
    private static readonly ClusterId West = new("west");

    // The window is seen and told something while it lasts.
    private static readonly (string, string) TimeToTell = ("Failover:ReassertWindow", "00:00:05");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_shard_said_before_its_creation_is_no_loss_though_it_is_heard_after()
    {
        await using var world = await IncidentWorld.StartAsync();
        var belated = world.Directory.Belate(shard: 5);
        using var failover = await world.FailoverAsync("w1", "west", TimeToTell);
        await Until.IsReadyAsync(failover);
        belated.Asked.Task.IsCompleted.ShouldBeTrue("the relay asked while there was nothing");

        belated.Released.SetResult();
        var grains = await world.OwnAsync(100);

        // The relay of that shard announces once it has judged what it heard.
        grains.ShouldContain(grain => GrainShard.Of(grain, IncidentWorld.Shards) == 5);
        await world.Heard.UntilAsync("every claim", heard => heard
            .Select(one => one.Event).OfType<GrainClaimed>().Sum(claimed => claimed.Grains.Count) == 100);
        world.Consensus.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_shard_that_forgot_all_is_reopened_told_again_closed_and_its_owners_go_on()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", TimeToTell);
        await Until.IsReadyAsync(failover);
        var east = world.Consensus.Open("e1", "east");
        var (grain, epoch) = await ClaimAsync(world, east);
        var shard = GrainShard.Of(grain, world.Embedded.Shards);

        world.Embedded.Forget(shard);
        var opened = await ShardAsync(world, shard, "window", seen => seen.Status == DirectoryStatus.Reasserting);

        var loss = world.Consensus.Losses.ShouldHaveSingleItem();
        (loss.Memory.Shard, loss.Floor, loss.Evidence).ShouldBe((shard, opened.Bound, LossEvidence.Gen));
        var token = world.Consensus.Advance(east.Id);
        (await world.Embedded.ReassertAsync([new HeldGrain(grain, epoch)], East, east.Id, token, Cancel))
            .Single().Status.ShouldBe(DirectoryStatus.Ok);
        await ShardAsync(world, shard, "end of the window", seen => seen.Status == DirectoryStatus.Ok);
        var claimed = (await world.Embedded.ClaimAsync([new GrainClaim(grain)], East, east.Id, token, Cancel)).Single();
        claimed.Record!.Epoch.ShouldBe(new Epoch(token, 1));

        // The grants are back: what dies now is promoted.
        world.Consensus.Fence("e1", "east");
        await world.Heard.WaitForAsync<FailoverCompleted>("after the loss");
        (await world.CountAsync([grain], "west")).ShouldBe(1);
        await world.Heard.WaitForAsync<GrainPromoted>("from the new memory");
    }

    [Fact]
    public async Task A_shard_that_went_back_in_another_process_is_noticed_before_anything_is_written_over_it()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", TimeToTell);
        await Until.IsReadyAsync(failover);
        var east = world.Consensus.Open("e1", "east");
        var west = world.Consensus.Open("w1", "west");
        var (grain, old) = await ClaimAsync(world, east);
        var shard = GrainShard.Of(grain, world.Embedded.Shards);
        var memory = world.Embedded.Remember(shard);
        await world.Embedded.ReleaseAsync([new HeldGrain(grain, old)], east.Id, Cancel);
        var (_, epoch) = await ClaimAsync(world, west, West);
        await world.Heard.WaitForAsync<GrainClaimed>("by west", claimed => claimed.ToCluster == "west");

        world.Embedded.Restart(shard);
        world.Embedded.RollBack(shard, memory);
        var during = await world.Embedded.ClaimAsync(
            [new GrainClaim(grain, old)], East, east.Id, world.Consensus.Advance(east.Id), Cancel);

        during.Single().Status.ShouldBeOneOf(DirectoryStatus.ShardLost, DirectoryStatus.Reasserting);
        await ShardAsync(world, shard, "window", seen => seen.Status == DirectoryStatus.Reasserting);
        world.Consensus.Losses.ShouldHaveSingleItem().Evidence.ShouldBe(LossEvidence.Seq);
        await world.Embedded.ReassertAsync(
            [new HeldGrain(grain, epoch)], West, west.Id, world.Consensus.Advance(west.Id), Cancel);
        await ShardAsync(world, shard, "end of the window", seen => seen.Status == DirectoryStatus.Ok);
        (await world.CountAsync([grain], "west")).ShouldBe(1);
    }

    [Fact]
    public async Task A_process_that_lost_nothing_goes_on_without_a_loss_or_a_window()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var east = world.Consensus.Open("e1", "east");
        var (grain, _) = await ClaimAsync(world, east);
        await world.Heard.WaitForAsync<GrainClaimed>("so that the relay has read it");
        var shard = GrainShard.Of(grain, world.Embedded.Shards);
        var before = await world.Embedded.ShardAsync(shard, Cancel);

        world.Embedded.Restart(shard);
        var after = await ShardAsync(world, shard, "confirmation", seen => seen.Run == seen.Process);

        after.Process.ShouldNotBe(before.Process);
        (after.Status, after.Version).ShouldBe((DirectoryStatus.Ok, before.Version));
        world.Consensus.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task While_consensus_is_away_nothing_is_reopened_and_afterwards_it_is()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        world.Consensus.IsAway = true;
        world.Embedded.Forget(3);
        (await world.Embedded.ShardAsync(3, Cancel)).Status.ShouldBe(DirectoryStatus.ShardLost);

        world.Consensus.IsAway = false;

        await ShardAsync(world, 3, "repair", seen => seen.Status == DirectoryStatus.Ok);
        world.Consensus.Losses.Select(loss => loss.Memory.Shard).Distinct().ShouldBe([3]);
    }

    [Fact]
    public async Task The_next_holder_ends_what_the_one_before_began()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var first = await world.FailoverAsync("w1", "west", ("Failover:ReassertWindow", "00:05:00"));
        await Until.IsReadyAsync(first);
        world.Embedded.Forget(5);
        await ShardAsync(world, 5, "window", seen => seen.Status == DirectoryStatus.Reasserting);

        await world.StopFailoverAsync("w1");
        world.Consensus.ExpireHolder("failover/west");
        using var second = await world.FailoverAsync("w2", "west");

        await ShardAsync(world, 5, "end of the window", seen => seen.Status == DirectoryStatus.Ok);
        world.Consensus.Losses.ShouldHaveSingleItem();
    }

    private static async Task<(GrainId Grain, Epoch Epoch)> ClaimAsync(
        IncidentWorld world, SessionRecord session, ClusterId? cluster = null)
    {
        var grain = new GrainId("order", "1");
        var answer = (await world.Embedded.ClaimAsync(
            [new GrainClaim(grain)], cluster ?? East, session.Id, session.Token, Cancel)).Single();
        answer.Status.ShouldBe(DirectoryStatus.Ok);
        return (grain, answer.Record!.Epoch);
    }

    /// <summary>Asks the shard until it says what is wanted.</summary>
    private static async Task<ShardAnswer> ShardAsync(
        IncidentWorld world, int shard, string what, Func<ShardAnswer, bool> wanted)
    {
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (true)
        {
            var seen = await world.Embedded.ShardAsync(shard, Cancel);
            if (wanted(seen)) return seen;
            if (giveUp.IsCancellationRequested) throw new TimeoutException($"No {what}; shard {shard} says {seen}");
            await pace.WaitForNextTickAsync(Cancel);
        }
    }
}
