using Holdfast.Directory;
using Holdfast.Primitives;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

public sealed class GrainKeeperTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_claimed_grain_is_served_once_the_program_has_loaded_it()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        var loaded = new TaskCompletionSource();
        east.Program.Loaded = loaded.Task;

        var claiming = east.Keeper.ClaimAsync([G("1")], Cancel);
        east.Serves(G("1")).ShouldBeNull();
        loaded.SetResult();
        var claimed = (await claiming).ShouldHaveSingleItem();

        claimed.IsHeld.ShouldBeTrue();
        east.Serves(G("1")).ShouldBe(claimed.Record!.Epoch);
        claimed.Record.ShouldBe(await world.RecordAsync(G("1")));
    }

    [Fact]
    public async Task A_load_that_fails_is_tried_again_and_nothing_is_served_before()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        east.Program.FailLoads(G("1"), times: 2);

        await east.Keeper.ClaimAsync([G("1")], Cancel);

        await east.Program.HearsAsync("failed order/1");
        await east.Program.HearsAsync("failed order/1");
        await east.Program.HearsAsync("load order/1 Fenced");
        east.Serves(G("1")).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_refused_owner_whose_record_is_its_own_serves_again_under_a_newer_epoch_after_loading_anew()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        var epoch = (await east.Keeper.ClaimAsync([G("1")], Cancel)).Single().Record!.Epoch;
        await east.Program.HearsAsync("load order/1 Fenced");

        var isServed = await east.Keeper.RefusedAsync(G("1"), epoch, Cancel);

        isServed.ShouldBeTrue();
        await east.Program.HearsAsync("load order/1 Fenced");
        east.Serves(G("1")).ShouldNotBeNull().ShouldBeGreaterThan(epoch);
        (await world.RecordAsync(G("1")))!.Epoch.ShouldBe(east.Serves(G("1"))!.Value);
    }

    [Fact]
    public async Task A_claim_of_what_is_lost_before_it_is_loaded_lost_the_race()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        east.Program.Loaded = new TaskCompletionSource().Task;
        var claiming = east.Keeper.ClaimAsync([G("1")], Cancel);
        await UntilAsync("the grain held", () => east.Keeper.Held.Count == 1);

        await world.PromoteToWestAsync(East);

        (await claiming.WaitAsync(TimeSpan.FromSeconds(20), Cancel)).Single().Status.ShouldBe(DirectoryStatus.LostRace);
    }

    [Fact]
    public async Task A_keeper_is_disposed_of_twice_and_nobody_waits_for_it_afterwards()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        var epoch = (await east.Keeper.ClaimAsync([G("1")], Cancel)).Single().Record!.Epoch;
        await east.DisposeAsync();

        await east.Keeper.DisposeAsync();

        var refusing = east.Keeper.RefusedAsync(G("1"), epoch, Cancel);
        await Should.ThrowAsync<OperationCanceledException>(
            refusing.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_refused_owner_whose_record_is_anothers_learns_that_it_was_demoted()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East, Options with { ListInterval = TimeSpan.FromHours(1) });
        var epoch = (await east.Keeper.ClaimAsync([G("1")], Cancel)).Single().Record!.Epoch;
        await world.PromoteToWestAsync(East);
        east.Serves(G("1")).ShouldBe(epoch, "a fenced grain is served until a resource refuses it");

        var isServed = await east.Keeper.RefusedAsync(G("1"), epoch, Cancel);

        isServed.ShouldBeFalse();
        await east.Program.HearsAsync("lost order/1 Demoted");
        var loss = east.Program.Losses.ShouldHaveSingleItem();
        (loss.Epoch, loss.Record!.Cluster).ShouldBe((epoch, West));
        east.Keeper.Held.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_hint_that_a_grain_may_be_anothers_is_checked_with_the_directory()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East, Options with { ListInterval = TimeSpan.FromHours(1) });
        await east.Keeper.ClaimAsync([G("1"), G("2")], Cancel);

        east.Keeper.Suspect([G("1")]);
        await east.Keeper.ClaimAsync([G("3")], Cancel);
        east.Serves(G("1")).ShouldNotBeNull();

        await world.PromoteToWestAsync(East);
        east.Keeper.Suspect([G("1")]);
        await east.Program.HearsAsync("lost order/1 Demoted");
        east.Keeper.Held.Keys.ShouldBe([G("2"), G("3")], ignoreOrder: true);
    }

    [Fact]
    public async Task What_no_event_told_is_found_by_listing()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync(Many(40), Cancel);

        await world.PromoteToWestAsync(East);
        var west = await world.KeepAsync(West);

        await west.ServesAllAsync(Many(40));
        await LosesAllAsync(east);
    }

    [Fact]
    public async Task What_an_event_told_is_claimed_without_waiting_for_the_list()
    {
        await using var world = await StartAsync();
        var west = await world.KeepAsync(West, Options with { ListInterval = TimeSpan.FromHours(1) });
        await west.Keeper.ClaimAsync([G("first")], Cancel);
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync([G("1")], Cancel);
        await world.PromoteToWestAsync(East);

        west.Keeper.HearPromoted([G("1"), new GrainId("other", "1")], DateTime.UtcNow);

        await west.Program.HearsAsync("load order/1 Fenced");
        west.Keeper.Held.Keys.ShouldBe([G("first"), G("1")], ignoreOrder: true);
    }

    [Fact]
    public async Task What_is_held_already_keeps_its_epoch_when_an_event_tells_that_it_was_promoted()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync([G("1")], Cancel);
        await world.PromoteToWestAsync(East);
        var west = await world.KeepAsync(West, Options with { ListInterval = TimeSpan.FromHours(1) });
        await west.ServesAllAsync([G("1")]);
        var epoch = west.Serves(G("1"));
        await east.Keeper.ClaimAsync([G("2")], Cancel);
        await world.PromoteToWestAsync(East);

        await west.Session.AdvanceAsync(Cancel);
        west.Keeper.HearPromoted([G("1"), G("2")], DateTime.UtcNow);
        await west.ServesAllAsync([G("2")]);

        west.Serves(G("1")).ShouldBe(epoch);
        (await world.RecordAsync(G("1")))!.Epoch.ShouldBe(epoch!.Value);
    }

    [Fact]
    public async Task Claims_on_many_shards_that_want_a_newer_token_share_one()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync(Many(40), Cancel);
        var west = await world.KeepAsync(West, Options with { ListInterval = TimeSpan.FromHours(1) });
        await world.PromoteToWestAsync(East);

        west.Keeper.HearPromoted(Many(40), DateTime.UtcNow);
        await west.ServesAllAsync(Many(40));

        west.Keeper.Held.Values.Select(epoch => epoch.Token).Distinct().ShouldBe([west.Session.Token]);
    }

    [Fact]
    public async Task Two_programs_of_a_cluster_share_what_is_promoted_and_take_over_from_each_other()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync(Many(40), Cancel);
        var (one, other) = (await world.KeepAsync(West), await world.KeepAsync(West));

        await world.PromoteToWestAsync(East);
        await LosesAllAsync(east);
        await UntilAsync("40 grains claimed", () => one.Keeper.Held.Count + other.Keeper.Held.Count == 40);
        one.Keeper.Held.ShouldNotBeEmpty();
        other.Keeper.Held.ShouldNotBeEmpty();

        await other.DisposeAsync();
        await UntilAsync("all of them claimed by the one that is left", () => one.Keeper.Held.Count == 40);
    }

    [Fact]
    public async Task No_more_is_claimed_than_there_is_room_for()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East, Options with { GrainsMax = 3 });

        await east.Keeper.ClaimAsync(Many(9), Cancel);
        var more = await east.Keeper.ClaimAsync([G("more")], Cancel);

        east.Keeper.Held.Count.ShouldBe(3);
        more.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_released_grain_is_drained_first_and_nobodys_afterwards()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync([G("1")], Cancel);

        (await east.Keeper.ReleaseAsync([G("1"), G("never")], Cancel)).ShouldBe([G("1")]);

        await east.Program.HearsAsync("drain order/1");
        await east.Program.HearsAsync("lost order/1 Released");
        (await world.RecordAsync(G("1")))!.Tombstone.ShouldBeTrue();
    }

    [Fact]
    public async Task A_shard_that_hangs_holds_up_nothing_but_its_own()
    {
        await using var world = await StartAsync();
        var directory = HangingDirectory.Over(world.Directory);
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync(Many(40), Cancel);
        await world.PromoteToWestAsync(East);
        var hung = Many(40).Where(grain => GrainShard.Of(grain, world.Directory.Shards) == 0).ToList();

        using var hang = directory.Hang(nameof(IGrainDirectory.ShardAsync), shard: 0);
        var west = await world.KeepAsync(West, directory: directory);
        await west.ServesAllAsync(Many(40).Except(hung));
        hung.ShouldAllBe(grain => west.Serves(grain) == null);

        await LosesAllAsync(east);

        hang.Dispose();
        await west.ServesAllAsync(hung);
    }

    [Fact]
    public async Task A_session_without_a_name_is_refused()
    {
        await using var world = await StartAsync();
        await using var keeper = new GrainKeeper(world.Consensus, world.Directory, new RecordingProgram(), Options);
        await using var session = await world.SessionAsync(East, name: "");

        (await Should.ThrowAsync<ArgumentException>(keeper.RunAsync(session, Cancel)))
            .Message.ShouldContain("has no name");
    }

    [Fact]
    public async Task Another_type_is_refused_and_without_a_session_nothing_is_claimed()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await using var idle = new GrainKeeper(world.Consensus, world.Directory, new RecordingProgram(), Options);

        await Should.ThrowAsync<ArgumentException>(east.Keeper.ClaimAsync([new GrainId("other", "1")], Cancel));
        await Should.ThrowAsync<InvalidOperationException>(idle.ClaimAsync([G("1")], Cancel));
    }

    private static IReadOnlyList<GrainId> Many(int count) => [.. Enumerable.Range(0, count).Select(i => G($"{i}"))];

    private static Task LosesAllAsync(Kept kept) =>
        UntilAsync("the loss of every grain", () => kept.Keeper.Held.Count == 0);
}
