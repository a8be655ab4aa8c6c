using Holdfast.Directory;
using Holdfast.Primitives;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

public sealed class GrainTransferTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_grain_is_drained_offered_and_accepted_under_the_receivers_own_token()
    {
        await using var world = await StartAsync();
        var (east, west) = (await world.KeepAsync(East), await world.KeepAsync(West));
        var before = (await east.Keeper.ClaimAsync([G("1")], Cancel)).Single().Record!.Epoch;
        var drained = new TaskCompletionSource();
        east.Program.Drained = drained.Task;

        var offering = east.Keeper.OfferAsync([G("1")], West, Cancel);
        await UntilAsync("nothing served while it is drained", () => east.Serves(G("1")) is null);
        (await world.RecordAsync(G("1")))!.Offer.ShouldBeNull("it is not drained yet");
        drained.SetResult();
        (await offering).ShouldBe([G("1")]);
        (await west.Keeper.AcceptAsync(East, Cancel)).ShouldBe(1);

        await west.Program.HearsAsync("load order/1 Fenced");
        await east.Program.HearsAsync("lost order/1 Transferred");
        var record = (await world.RecordAsync(G("1")))!;
        (record.Cluster, record.Holder).ShouldBe((West, west.Session.Id));
        record.Epoch.ShouldBeGreaterThan(before);
    }

    [Fact]
    public async Task An_offer_that_nobody_accepts_is_withdrawn_and_the_grain_served_again_under_its_epoch()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East, Options with { OfferPatience = TimeSpan.FromSeconds(1) });
        await using var receiver = await world.SessionAsync(West);
        var before = (await east.Keeper.ClaimAsync([G("1")], Cancel)).Single().Record!.Epoch;

        await east.Keeper.OfferAsync([G("1")], West, Cancel);

        await UntilAsync("the grain served again", () => east.Serves(G("1")) == before);
        (await world.RecordAsync(G("1")))!.Offer.ShouldBe(new GrainOffer(null));
    }

    [Fact]
    public async Task What_was_withdrawn_once_is_offered_again_under_a_newer_epoch()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await using var receiver = await world.SessionAsync(West);
        var before = (await east.Keeper.ClaimAsync([G("1")], Cancel)).Single().Record!.Epoch;
        await east.Keeper.OfferAsync([G("1")], West, Cancel);
        await east.Keeper.WithdrawAsync([G("1")], Cancel);
        east.Serves(G("1")).ShouldBe(before);

        (await east.Keeper.OfferAsync([G("1")], West, Cancel)).ShouldBeEmpty();
        await UntilAsync("the grain under a newer epoch", () => east.Serves(G("1")) > before);

        (await east.Keeper.OfferAsync([G("1")], West, Cancel)).ShouldBe([G("1")]);
    }

    [Fact]
    public async Task A_program_that_cannot_drain_in_time_keeps_its_grain()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East, Options with { DrainDeadline = TimeSpan.FromMilliseconds(100) });
        await using var receiver = await world.SessionAsync(West);
        await east.Keeper.ClaimAsync([G("1")], Cancel);
        east.Program.Drained = new TaskCompletionSource().Task;

        (await east.Keeper.OfferAsync([G("1")], West, Cancel)).ShouldBeEmpty();

        east.Serves(G("1")).ShouldNotBeNull();
        (await world.RecordAsync(G("1")))!.Offer.ShouldBeNull();
    }

    [Fact]
    public async Task A_drain_that_does_not_heed_its_deadline_holds_up_nothing()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East, Options with { DrainDeadline = TimeSpan.FromMilliseconds(100) });
        await using var receiver = await world.SessionAsync(West);
        await east.Keeper.ClaimAsync([G("1")], Cancel);
        east.Program.DrainsHeedlessly = true;
        east.Program.Drained = new TaskCompletionSource().Task;

        var offering = east.Keeper.OfferAsync([G("1")], West, Cancel);

        (await offering.WaitAsync(TimeSpan.FromSeconds(20), Cancel)).ShouldBeEmpty();
        east.Serves(G("1")).ShouldNotBeNull();
    }

    [Fact]
    public async Task What_was_claimed_under_a_newer_epoch_while_its_drain_failed_is_loaded_and_served_under_it()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await using var receiver = await world.SessionAsync(West);
        var before = (await east.Keeper.ClaimAsync([G("1")], Cancel)).Single().Record!.Epoch;
        var drained = new TaskCompletionSource();
        east.Program.Drained = drained.Task;
        var offering = east.Keeper.OfferAsync([G("1")], West, Cancel);
        await UntilAsync("nothing served while it is drained", () => east.Serves(G("1")) is null);

        world.Sessions.Become(east.Session.Id, "ended");
        await east.RunNextAsync(await world.SessionAsync(East));
        await UntilAsync("the grain under the next session", () => east.Keeper.Held[G("1")] > before);
        drained.SetException(new IOException("The state cannot be written."));

        (await offering).ShouldBeEmpty();
        await UntilAsync("the grain served again", () => east.Serves(G("1")) > before);
    }

    [Fact]
    public async Task A_claim_of_what_is_offered_completes_once_the_offer_is_withdrawn()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await using var receiver = await world.SessionAsync(West);
        await east.Keeper.ClaimAsync([G("1")], Cancel);
        await east.Keeper.OfferAsync([G("1")], West, Cancel);

        var claiming = east.Keeper.ClaimAsync([G("1")], Cancel);
        claiming.IsCompleted.ShouldBeFalse("what is offered is not served");
        await east.Keeper.WithdrawAsync([G("1")], Cancel);

        (await claiming.WaitAsync(TimeSpan.FromSeconds(20), Cancel)).Single().IsHeld.ShouldBeTrue();
        east.Serves(G("1")).ShouldNotBeNull();
    }

    [Fact]
    public async Task An_offer_is_withdrawn_in_time_also_while_nobody_of_Consensus_answers()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East, Options with { OfferPatience = TimeSpan.FromSeconds(1) });
        await using var receiver = await world.SessionAsync(West);
        await east.Keeper.ClaimAsync([G("1")], Cancel);
        await east.Keeper.OfferAsync([G("1")], West, Cancel);

        world.Sessions.AnswersNobody = true;

        await UntilAsync("the grain served again", () => east.Serves(G("1")) is not null);
        (await world.RecordAsync(G("1")))!.Offer.ShouldBe(new GrainOffer(null));
    }

    [Fact]
    public async Task A_wish_is_carried_out_by_all_programs_of_the_cluster_and_accepted_by_those_that_expect_it()
    {
        await using var world = await StartAsync();
        var (east, other) = (await world.KeepAsync(East), await world.KeepAsync(East));
        var west = await world.KeepAsync(West);
        await east.Keeper.ClaimAsync([.. Enumerable.Range(0, 20).Select(i => G($"{i}"))], Cancel);
        await other.Keeper.ClaimAsync([.. Enumerable.Range(20, 20).Select(i => G($"{i}"))], Cancel);

        west.Keeper.ExpectOffers(East);
        foreach (var giver in new[] { east, other })
        {
            (await giver.Keeper.WishTransferAsync(West, "order", grainsMax: 15, Cancel))
                .ShouldBe(TransferWishAnswer.Accepted);
        }

        await UntilAsync("8 grains of each in west", () => west.Keeper.Held.Count == 16);
        await UntilAsync(
            "12 grains left with each", () => (east.Keeper.Held.Count, other.Keeper.Held.Count) == (12, 12));
    }

    [Fact]
    public async Task What_is_drained_is_offered_and_accepted_while_the_rest_is_not_drained_yet()
    {
        await using var world = await StartAsync();
        var (east, west) = (await world.KeepAsync(East), await world.KeepAsync(West));
        await east.Keeper.ClaimAsync(Many(600), Cancel);
        east.Program.DrainsMax = DirectoryLimits.GrainsPerCallMax;

        west.Keeper.ExpectOffers(East);
        await east.Keeper.WishTransferAsync(West, "order", grainsMax: null, Cancel);

        await UntilAsync("the first batch in west", () => west.Keeper.Held.Count == DirectoryLimits.GrainsPerCallMax);
    }

    [Fact]
    public async Task Where_nobody_accepts_the_rest_of_a_transfer_is_left_as_it_is()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East, Options with { OfferPatience = TimeSpan.FromSeconds(1) });
        await using var receiver = await world.SessionAsync(West);
        await east.Keeper.ClaimAsync(Many(5_000), Cancel);

        var offered = await east.Keeper.OfferAsync(Many(5_000), West, Cancel);

        offered.Count.ShouldBe(4_000, "eight batches wait at once");
        east.Program.Drains.ShouldBe(4_000);
        await east.ServesAllAsync(Many(5_000));
    }

    [Fact]
    public async Task No_more_is_accepted_than_there_is_room_for_beside_claims_under_way()
    {
        await using var world = await StartAsync();
        var (east, directory) = (await world.KeepAsync(East), HangingDirectory.Over(world.Directory));
        var west = await world.KeepAsync(West, Options with { GrainsMax = 3 }, directory);
        await east.Keeper.ClaimAsync(Many(9), Cancel);
        await east.Keeper.OfferAsync(Many(9), West, Cancel);
        using var hang = directory.Hang(nameof(IGrainDirectory.ClaimAsync));
        var claiming = west.Keeper.ClaimAsync([G("new")], Cancel);

        (await west.Keeper.AcceptAsync(East, Cancel)).ShouldBe(2);

        hang.Dispose();
        (await claiming).Single().IsHeld.ShouldBeTrue();
    }

    [Fact]
    public void The_offers_of_so_many_clusters_are_looked_for_and_of_no_more()
    {
        var (hints, now) = (new GrainHints(), Instant.Zero);
        for (var i = 0; i < GrainHints.OfferingMax; i++)
            hints.TryExpect(new ClusterId($"c{i}"), now + TimeSpan.FromSeconds(1), now).ShouldBeTrue();

        hints.TryExpect(West, now + TimeSpan.FromSeconds(1), now).ShouldBeFalse();
        hints.TryExpect(new ClusterId("c0"), now + TimeSpan.FromSeconds(9), now).ShouldBeTrue("it is known");

        var later = now + TimeSpan.FromSeconds(2);
        hints.TryExpect(West, later + TimeSpan.FromSeconds(1), later).ShouldBeTrue();
        hints.Offering(later).ShouldBe([new ClusterId("c0"), West], ignoreOrder: true);
    }

    [Fact]
    public async Task While_the_program_drains_its_keeper_claims_and_looks_as_ever()
    {
        await using var world = await StartAsync();
        var (east, west) = (await world.KeepAsync(East), await world.KeepAsync(West));
        var epoch = (await east.Keeper.ClaimAsync([G("1"), G("2")], Cancel))[1].Record!.Epoch;
        var drained = new TaskCompletionSource();
        east.Program.Drained = drained.Task;
        await east.Keeper.WishTransferAsync(West, "order", grainsMax: 1, Cancel);
        await UntilAsync("one grain drained", () => Served(east) == 1);
        var other = east.Serves(G("1")) is null ? G("2") : G("1");

        (await east.Keeper.RefusedAsync(other, epoch, Cancel)).ShouldBeTrue();

        drained.SetResult();
        west.Keeper.ExpectOffers(East);
        await UntilAsync("the drained grain in west", () => west.Keeper.Held.Count == 1);

        static int Served(Kept kept) => new[] { G("1"), G("2") }.Count(grain => kept.Serves(grain) is not null);
    }

    private static IReadOnlyList<GrainId> Many(int count) => [.. Enumerable.Range(0, count).Select(i => G($"{i}"))];

    [Fact]
    public async Task A_wish_or_an_offer_that_cannot_be_is_refused_and_changes_nothing()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync([G("1")], Cancel);

        (await WishAsync(West)).ShouldBe(TransferWishAnswer.UnknownCluster);
        (await WishAsync(East)).ShouldBe(TransferWishAnswer.OwnCluster);
        (await WishAsync(West, "other")).ShouldBe(TransferWishAnswer.UnknownType);
        (await WishAsync(West, grainsMax: 0)).ShouldBe(TransferWishAnswer.IllegalNumber);
        await using var idle = new GrainKeeper(world.Consensus, world.Directory, new RecordingProgram(), Options);
        (await idle.WishTransferAsync(West, null, null, Cancel)).ShouldBe(TransferWishAnswer.NoSession);
        (await Should.ThrowAsync<ArgumentException>(() => east.Keeper.OfferAsync([G("1")], West, Cancel))).Message
            .ShouldStartWith("Consensus knows no live node and no session of west; there are east.");
        (await Should.ThrowAsync<ArgumentException>(() => east.Keeper.OfferAsync([G("1")], East, Cancel))).Message
            .ShouldStartWith("east is the own cluster");

        (await world.RecordAsync(G("1")))!.Offer.ShouldBeNull();
        east.Serves(G("1")).ShouldNotBeNull();

        Task<TransferWishAnswer> WishAsync(ClusterId to, string? type = null, int? grainsMax = null) =>
            east.Keeper.WishTransferAsync(to, type, grainsMax, Cancel);
    }
}
