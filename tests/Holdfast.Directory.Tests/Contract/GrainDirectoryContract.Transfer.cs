using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    [Fact]
    public async Task An_offered_grain_stays_its_owners_until_the_receiver_accepts_it_under_a_token_of_its_own()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);

        var offered = await directory.OfferAsync(G("a"), E(11), 11, West);
        var accepted = await directory.AcceptAsync(G("a"), West, 12, 12);

        offered.Status.ShouldBe(DirectoryStatus.Ok);
        offered.Record.ShouldBe(Record(G("a"), East, 11, E(11)) with { Offer = new GrainOffer(West) });
        accepted.Status.ShouldBe(DirectoryStatus.Ok);
        accepted.Record.ShouldBe(Record(G("a"), West, 12, E(12)));
        (await directory.ListAllAsync(East)).ShouldBeEmpty();
        (await directory.ListAllAsync(West)).ShouldHaveSingleItem().ShouldBe(accepted.Record);
    }

    [Fact]
    public async Task A_transfer_is_announced_once_with_who_gave_and_who_took_and_an_offer_is_not()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.OfferAsync(G("a"), E(11), 11, West);
        await directory.AcceptAsync(G("a"), West, 12, 12);

        var again = await directory.AcceptAsync(G("a"), West, 12, 12);

        again.Status.ShouldBe(DirectoryStatus.Ok);
        var entry = (await directory.OutboxAsync(after: 1)).ShouldHaveSingleItem();
        var transferred = Decoded<Contracts.GrainTransferred>(entry);
        (transferred.FromCluster, transferred.ToCluster).ShouldBe(("east", "west"));
        (transferred.Holder, transferred.PreviousHolder).ShouldBe((S(12).ToString(), S(11).ToString()));
        (transferred.Cause, transferred.Token).ShouldBe(("transfer", T(12).ToString()));
        transferred.Grains.ShouldHaveSingleItem().ShouldBe(Changed("a", E(11), E(12)));
        var history = await directory.HistoryAsync(G("a"), 10, Cancel);
        history.Entries.Select(one => one.Cause).ShouldBe(["transfer", "offer: west", "claim"]);
        history.Entries[1].Record.ShouldBe(Record(G("a"), East, 11, E(11)));
    }

    [Fact]
    public async Task Only_the_holder_offers_and_only_under_the_epoch_it_holds()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.ClaimAsync(G("a"), East, 11, 13);
        await directory.ClaimAsync(G("released"), East, 11, 11);
        await directory.ReleaseAsync(G("released"), E(11), 11);
        await directory.RegisterAsync(Ext("a"), East, 1);

        (await directory.OfferAsync(G("a"), E(13), 12, West)).Status.ShouldBe(DirectoryStatus.NotOwner);
        (await directory.OfferAsync(G("a"), E(11), 11, West)).Status.ShouldBe(DirectoryStatus.NotOwner);
        (await directory.OfferAsync(G("released"), E(11), 11, West)).Status.ShouldBe(DirectoryStatus.NotOwner);
        (await directory.OfferAsync(G("nobody's"), E(11), 11, West)).Status.ShouldBe(DirectoryStatus.NotFound);
        (await directory.OfferAsync(Ext("a"), E(11), 11, West)).Status.ShouldBe(DirectoryStatus.WrongKind);
        (await directory.LookupAsync(G("a"))).Record!.Offer.ShouldBeNull();
    }

    [Fact]
    public async Task Nobody_accepts_what_is_not_offered_to_its_cluster()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.OfferAsync(G("a"), E(11), 11, West);
        await directory.ClaimAsync(G("kept"), East, 11, 11);

        (await directory.AcceptAsync(G("a"), North, 12, 12)).Status.ShouldBe(DirectoryStatus.LostRace);
        (await directory.AcceptAsync(G("kept"), West, 12, 12)).Status.ShouldBe(DirectoryStatus.LostRace);
        (await directory.AcceptAsync(G("nobody's"), West, 12, 12)).Status.ShouldBe(DirectoryStatus.NotFound);
        (await directory.AcceptAsync(Ext("a"), West, 12, 12)).Status.ShouldBe(DirectoryStatus.WrongKind);
        (await directory.OutboxAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Accepting_needs_a_token_above_the_records_and_not_below_the_floor()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 20);
        await directory.OfferAsync(G("a"), E(20), 11, West);

        var low = await directory.AcceptAsync(G("a"), West, 12, 19);
        var below = await directory.AcceptAsync(G("a"), West, 9, 9);

        (low.Status, low.Bound).ShouldBe((DirectoryStatus.TokenTooLow, T(20)));
        (below.Status, below.Bound).ShouldBe((DirectoryStatus.BelowFloor, Floor));
        (await directory.AcceptAsync(G("a"), West, 12, 21)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_withdrawn_offer_stays_withdrawn_whatever_comes_late()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.OfferAsync(G("a"), E(11), 11, West);
        var withdrawn = await directory.OfferAsync(G("a"), E(11), 11, to: null);

        var late = await directory.OfferAsync(G("a"), E(11), 11, West);
        var accepted = await directory.AcceptAsync(G("a"), West, 12, 12);
        var repeated = await directory.OfferAsync(G("a"), E(11), 11, to: null);

        withdrawn.Record!.Offer.ShouldBe(new GrainOffer(null));
        late.Status.ShouldBe(DirectoryStatus.LostRace);
        accepted.Status.ShouldBe(DirectoryStatus.LostRace);
        repeated.ShouldBe(withdrawn);
        (await directory.HistoryAsync(G("a"), 10, Cancel)).Entries.Select(entry => entry.Cause)
            .ShouldBe(["withdraw", "offer: west", "claim"]);
    }

    [Fact]
    public async Task A_new_epoch_ends_an_offer_and_what_was_withdrawn()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync([G("a"), G("b"), G("c")], East, 11, 11);
        await directory.OfferAsync(G("a"), E(11), 11, West);
        await directory.OfferAsync(G("b"), E(11), 11, to: null);
        await directory.OfferAsync(G("c"), E(11), 11, North);
        await directory.ClaimAllAsync([G("a"), G("b")], East, 11, 12);
        await directory.GrantAsync(FailoverWest, 20);
        await directory.ReleaseAsync(G("c"), E(11), 11);

        var late = await directory.OfferAsync(G("a"), E(11), 11, West);
        var accepted = await directory.AcceptAsync(G("a"), West, 21, 21);
        var released = await directory.LookupAsync(G("c"));
        var offered = await directory.OfferAsync(G("b"), E(12), 11, West);
        await directory.PromoteAsync(FailoverWest, 20, East);
        var promoted = await directory.LookupAsync(G("b"));

        late.Status.ShouldBe(DirectoryStatus.NotOwner);
        accepted.Status.ShouldBe(DirectoryStatus.LostRace);
        accepted.Record!.Offer.ShouldBeNull();
        released.Record!.Offer.ShouldBeNull();
        offered.Status.ShouldBe(DirectoryStatus.Ok);
        promoted.Record.ShouldBe(Record(G("b"), West, null, E(20)));
    }

    [Fact]
    public async Task A_claim_repeated_leaves_the_offer_and_an_offer_to_another_replaces_it()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.OfferAsync(G("a"), E(11), 11, West);

        var claimed = await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.OfferAsync(G("a"), E(11), 11, North);

        claimed.Record!.Offer.ShouldBe(new GrainOffer(West));
        (await directory.AcceptAsync(G("a"), West, 12, 12)).Status.ShouldBe(DirectoryStatus.LostRace);
        (await directory.AcceptAsync(G("a"), North, 13, 13)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_full_outbox_refuses_transfers_and_no_offers()
    {
        var directory = await OpenedAsync(new DirectoryOptions { Shards = 1, OutboxEntriesMax = 1 });
        await directory.ClaimAsync(G("a"), East, 11, 11);

        (await directory.OfferAsync(G("a"), E(11), 11, West)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.AcceptAsync(G("a"), West, 12, 12)).Status.ShouldBe(DirectoryStatus.OutboxFull);
        (await directory.LookupAsync(G("a"))).Record!.Cluster.ShouldBe(East);
    }

    [Fact]
    public async Task A_leased_grain_keeps_its_kind_when_it_is_transferred()
    {
        var directory = await OpenedAsync();
        await PlantAsync(Record(G("a"), East, 11, E(11), GrainKind.Leased));
        await directory.OfferAsync(G("a"), E(11), 11, West);

        var accepted = await directory.AcceptAsync(G("a"), West, 12, 12);

        accepted.Record.ShouldBe(Record(G("a"), West, 12, E(12), GrainKind.Leased));
    }

    [Fact]
    public async Task Five_hundred_grains_a_script_are_offered_and_accepted()
    {
        var directory = await OpenedAsync();
        var grains = Many(1_200);
        await directory.ClaimAllAsync(grains, East, 11, 11);

        var offered = await directory.OfferAsync(
            [.. grains.Select(grain => new HeldGrain(grain, E(11)))], S(11), West, Cancel);
        var accepted = await directory.AcceptAsync(grains, West, S(12), T(12), Cancel);

        offered.ShouldAllBe(answer => answer.Status == DirectoryStatus.Ok);
        accepted.ShouldAllBe(answer => answer.Status == DirectoryStatus.Ok);
        (await directory.ListAllAsync(West)).Count.ShouldBe(1_200);
        (await directory.CountAsync(0, [West, East], Cancel)).Counts.ShouldBe([1_200, 0]);
    }
}
