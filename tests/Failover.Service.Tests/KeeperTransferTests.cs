using System.Net.Http.Json;
using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Servers;
using static Holdfast.Failover.Service.Tests.World.UnderLoad;

namespace Holdfast.Failover.Service.Tests;

/// <summary>
/// Grains that are asked back from keepers that own them: a real Failover, broker and Redis, and programs that die on
/// the way. What everybody was told, served and saved is checked against the invariants of ownership.
/// </summary>
[Collection(KeeperWorld.Broker)]
public sealed class KeeperTransferTests
{
    private static readonly ClusterId East = new("east");
    private static readonly ClusterId West = new("west");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Grains_are_asked_back_in_batches_drained_accepted_and_go_on_from_what_their_givers_saved()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var world = await KeeperWorld.StartAsync(() => Connect(redis));
        CountingOwner[] givers = [await world.OwnerAsync("east-1"), await world.OwnerAsync("east-2")];
        CountingOwner[] receivers = [await world.OwnerAsync("west-1"), await world.OwnerAsync("west-2")];
        var grains = Many("order", 300).Concat(Many("room", 100)).ToList();
        await KeeperWorld.OwnAsync(givers[0], grains.Where((_, i) => i % 2 == 0));
        await KeeperWorld.OwnAsync(givers[1], grains.Where((_, i) => i % 2 == 1));

        var done = await TransferAsync(world, "completed", batchMax: 150);

        (done.Transferred, done.Remaining).ShouldBe((400, 0));
        done.Batches.ShouldBeGreaterThan(1);
        await world.ServedAsync(grains, receivers);
        givers.Sum(giver => giver.Refused).ShouldBe(0, "what was drained was saved before it was offered");
        foreach (var grain in grains)
            receivers.Single(one => one.Serves(grain)).Loaded[grain].ShouldBe(DrainedOf(givers, grain), $"{grain}");

        // A giver hears of it by an event, or at its next look.
        await AwaitAsync("word to the givers of all that was transferred", () => Task.FromResult(
            givers.Sum(giver => giver.Losses.Count(loss => loss.Cause == GrainLossCause.Transferred)) == 400));
        await world.IsRightAsync();
    }

    [Fact]
    public async Task What_a_receiver_accepted_and_never_loaded_goes_on_elsewhere_from_what_the_giver_saved()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var world = await KeeperWorld.StartAsync(() => Connect(redis));
        var (giver, receiver) = (await world.OwnerAsync("east-1"), await world.OwnerAsync("west-1"));
        var heir = await world.OwnerAsync("north-1");
        receiver.Loads = new TaskCompletionSource().Task;
        var (orders, rooms) = (Many("order", 80), Many("room", 20));
        GrainId[] grains = [.. orders, .. rooms];
        await KeeperWorld.OwnAsync(giver, grains);
        await TransferAsync(world, "completed");
        await AwaitAsync("receiver that holds all", () => Task.FromResult(receiver.Keeper.Held.Count == grains.Length));
        var accepted = receiver.Keeper.Held;

        await receiver.KillAsync();
        world.Fence(receiver);

        // The lease of the dead receiver may still run: what is leased waits for the end of its session.
        await world.ServedAsync(orders, heir);
        (await world.RecordsAsync(rooms)).ShouldAllBe(record => record.Cluster == West);
        world.Consensus.Expire(receiver.Session.Id);
        await world.ServedAsync(grains, heir);
        receiver.Loaded.ShouldBeEmpty();
        foreach (var grain in grains)
        {
            heir.Keeper.Held[grain].ShouldBeGreaterThan(accepted[grain]);
            heir.Loaded[grain].ShouldBe(giver.Drained[grain], $"{grain}");
        }

        giver.Refused.ShouldBe(0);
        await world.IsRightAsync();
    }

    [Fact]
    public async Task A_giver_that_dies_with_some_grains_offered_and_some_not_leaves_each_with_one_owner()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var world = await KeeperWorld.StartAsync(
            () => Connect(redis),
            ("Failover:TransferPatience", "00:00:02"),
            // The transfer sees that its giver is gone before the sweep takes what is left.
            ("Failover:Grace", "00:00:05"));
        var (giver, heir) = (await world.OwnerAsync("east-1"), await world.OwnerAsync("north-1"));
        var receiver = await world.OwnerAsync("west-1", hears: false);
        giver.DrainsMax = 120;
        var grains = Many("order", 300);
        await KeeperWorld.OwnAsync(giver, grains);
        await giver.Keeper.OfferAsync([.. grains.Take(120)], West, Cancel);
        var offering = TransferAsync(world, "stalled", batchMax: 50);
        await AwaitAsync("grains that are drained for ever", () => Task.FromResult(
            grains.Count(giver.Serves) <= 130));

        await giver.KillAsync();
        world.Fence(giver);
        var accepted = await receiver.Keeper.AcceptAsync(East, Cancel);

        await world.ServedAsync(grains, receiver, heir);
        accepted.ShouldBe(receiver.Keeper.Held.Count);
        (accepted + heir.Keeper.Held.Count).ShouldBe(grains.Length);
        heir.Keeper.Held.Count.ShouldBeGreaterThanOrEqualTo(180, "what was not offered nobody could accept");
        foreach (var (grain, saved) in giver.Drained)
            (receiver.Serves(grain) ? receiver : heir).Loaded[grain].ShouldBe(saved, $"{grain}");
        (await receiver.Keeper.AcceptAsync(East, Cancel)).ShouldBe(0);
        await offering;
        await world.IsRightAsync();
    }

    [Fact]
    public async Task What_the_receiver_has_no_room_for_is_withdrawn_and_served_on_by_its_giver()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var world = await KeeperWorld.StartAsync(
            () => Connect(redis), ("Failover:TransferPatience", "00:00:10"));
        var giver = await world.OwnerAsync(
            "east-1", KeeperWorld.Options with { OfferPatience = TimeSpan.FromSeconds(5) });
        var receiver = await world.OwnerAsync("west-1", KeeperWorld.Options with { GrainsMax = 10 });
        var grains = Many("order", 30);
        await KeeperWorld.OwnAsync(giver, grains);
        var before = giver.Keeper.Held;

        var done = await TransferAsync(world, "stalled");

        (done.Transferred, done.Remaining).ShouldBe((10, 20));
        await world.ServedAsync(grains, giver, receiver);
        receiver.Keeper.Held.Count.ShouldBe(10);
        giver.Keeper.Held.Keys.Except(before.Keys).ShouldBeEmpty();
        await AwaitAsync("word to the giver of what it lost", () => Task.FromResult(giver.Losses.Count >= 10));
        giver.Losses.Count.ShouldBe(10);
        giver.Refused.ShouldBe(0, "what was withdrawn was never another's");
        await world.IsRightAsync();
    }

    private static long DrainedOf(IEnumerable<CountingOwner> givers, GrainId grain) => givers
        .Where(giver => giver.Drained.ContainsKey(grain))
        .Select(giver => giver.Drained[grain])
        .Single();

    /// <summary>Asks the Failover to bring everything from east to west.</summary>
    private static async Task<GrainTransferAnswer> TransferAsync(
        KeeperWorld world, string state, int? batchMax = null)
    {
        using var begun = await world.Failover.PostAsJsonAsync(
            FailoverRoutes.Transfers, new GrainTransferRequest("east", "west", BatchMax: batchMax), Cancel);
        var transfer = (await begun.Content.ReadFromJsonAsync<GrainTransferAnswer>(Cancel))!;
        await AwaitAsync($"transfer that is {state}", async () => (await FindAsync()).State == state);
        return await FindAsync();

        async Task<GrainTransferAnswer> FindAsync() =>
            (await world.Failover.GetFromJsonAsync<GrainTransferAnswer>(FailoverRoutes.Transfer(transfer.Id), Cancel))!;
    }
}
