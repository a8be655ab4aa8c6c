using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    [Fact]
    public async Task A_shard_that_forgot_everything_is_reopened_under_the_floor_of_the_loss_with_a_window()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        var before = await directory.ShardAsync(0, Cancel);
        await ForgetAsync();

        var reopened = await directory.ReopenAsync(30);

        (reopened.Status, reopened.Bound).ShouldBe((DirectoryStatus.Ok, T(30)));
        reopened.Version.Gen.ShouldNotBe(before.Version.Gen);
        reopened.Run.ShouldBe(reopened.Process);
        (await directory.ShardAsync(0, Cancel)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.LookupAsync(G("a"))).Status.ShouldBe(DirectoryStatus.NotFound);
    }

    [Fact]
    public async Task In_the_window_only_looking_listing_releasing_and_telling_again_work()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.ClaimAsync(G("b"), East, 11, 11);
        await directory.ReopenAsync(30);

        (await directory.LookupAsync(G("a"))).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ListAllAsync(East)).Count.ShouldBe(2);
        (await directory.ScanAsync(0, null, Cancel)).Records.Count.ShouldBe(2);
        (await directory.CountAsync(0, [East], Cancel)).Counts.ShouldBe([2]);
        (await directory.ReassertAsync(G("b"), E(11), East, 11, 31)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ReleaseAsync(G("a"), E(11), 11)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.SlotsAsync(Orders, 0, Cancel)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ClaimAsync(G("c"), East, 11, 31)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.RegisterAsync(Ext("c"), East, 31)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.OfferAsync(G("b"), E(11), 11, West)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.AcceptAsync(G("b"), West, 31, 31)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.GrantAsync(FailoverWest, 31)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.PromoteAsync(FailoverWest, 31, East)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.RaiseFloorAsync(0, FailoverWest, T(31), T(31), Cancel)).Status
            .ShouldBe(DirectoryStatus.Reasserting);
        (await directory.EraseTombstonesAsync(0, FailoverWest, T(31), null, Cancel)).Status
            .ShouldBe(DirectoryStatus.Reasserting);
        (await directory.ReadOutboxAsync(0, 0, 10, Cancel)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.TrimAsync(FailoverWest, 31, 1)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.HistoryAsync(G("a"), 10, Cancel)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await PutAsync(directory, 20, First(0))).Status.ShouldBe(DirectoryStatus.Reasserting);
    }

    [Fact]
    public async Task What_a_holder_tells_again_is_kept_under_the_epoch_it_holds_and_is_its_own_after_the_window()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await ForgetAsync();
        await directory.ReopenAsync(30);

        var told = await directory.ReassertAsync(G("a"), E(11), East, 11, 31);
        var again = await directory.ReassertAsync(G("a"), E(11), East, 11, 31);
        await directory.CloseAsync(30);
        var late = await directory.ReassertAsync(G("a"), E(11), East, 11, 31);
        var claimed = await directory.ClaimAsync(G("a"), East, 11, 31);

        told.Record.ShouldBe(Record(G("a"), East, 11, E(11)));
        again.ShouldBe(told);
        (late.Status, late.Record).ShouldBe((DirectoryStatus.Ok, told.Record));
        claimed.Record.ShouldBe(Record(G("a"), East, 11, E(31)));
    }

    [Fact]
    public async Task Of_two_that_tell_again_the_higher_epoch_wins_whatever_the_cluster_and_the_other_is_told()
    {
        var directory = await OpenedAsync();
        await directory.ReopenAsync(30);

        var lower = await directory.ReassertAsync(G("a"), E(11), East, 11, 31);
        var higher = await directory.ReassertAsync(G("a"), E(21), West, 12, 32);
        var late = await directory.ReassertAsync(G("a"), E(11), East, 11, 31);
        await directory.CloseAsync(30);

        lower.Status.ShouldBe(DirectoryStatus.Ok);
        higher.Record.ShouldBe(Record(G("a"), West, 12, E(21)));
        (late.Status, late.Record).ShouldBe((DirectoryStatus.LostRace, higher.Record));
        (await directory.ListAllAsync(East)).ShouldBeEmpty();
        var demoted = Decoded<Contracts.GrainDemoted>((await directory.OutboxAsync()).ShouldHaveSingleItem());
        (demoted.PreviousHolder, demoted.FromCluster, demoted.Cause)
            .ShouldBe((S(11).ToString(), "east", "reassert"));
        (await directory.HistoryAsync(G("a"), 10, Cancel)).Entries.Select(entry => entry.Cause)
            .ShouldBe(["reassert", "reassert"]);
    }

    [Fact]
    public async Task Who_has_no_token_from_after_the_loss_tells_nothing()
    {
        var directory = await OpenedAsync();
        await directory.ReopenAsync(30);

        var dead = await directory.ReassertAsync(G("a"), E(11), East, 11, 29);

        (dead.Status, dead.Bound).ShouldBe((DirectoryStatus.BelowFloor, T(30)));
        await Should.ThrowAsync<ArgumentException>(() =>
            directory.ReassertAsync(G("a"), E(32), East, 11, 31));
        await Should.ThrowAsync<ArgumentException>(() =>
            directory.ReassertAsync(G("a"), E(11, 0), East, 11, 31));
        (await directory.LookupAsync(G("a"))).Status.ShouldBe(DirectoryStatus.NotFound);
    }

    [Fact]
    public async Task What_was_released_in_the_window_is_not_brought_back_by_a_late_word()
    {
        var directory = await OpenedAsync();
        await directory.ReopenAsync(30);
        await directory.ReassertAsync(G("a"), E(11), East, 11, 31);
        await directory.ReleaseAsync(G("a"), E(11), 11);

        var late = await directory.ReassertAsync(G("a"), E(11), East, 11, 31);

        late.Status.ShouldBe(DirectoryStatus.LostRace);
        late.Record.ShouldBe(Record(G("a"), East, null, E(11), tombstone: true));
    }

    [Fact]
    public async Task After_the_window_nothing_is_told_again()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), West, 12, 12);

        var absent = await directory.ReassertAsync(G("b"), E(11), East, 11, 31);
        var others = await directory.ReassertAsync(G("a"), E(21), East, 11, 31);
        var external = await directory.ReassertAsync(Ext("a"), E(21), East, 11, 31);

        absent.Status.ShouldBe(DirectoryStatus.NotFound);
        (others.Status, others.Record).ShouldBe((DirectoryStatus.NotOwner, Record(G("a"), West, 12, E(12))));
        external.Status.ShouldBe(DirectoryStatus.WrongKind);
    }

    [Fact]
    public async Task A_holder_that_tells_again_ends_the_offer_that_an_older_memory_brought_back()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.OfferAsync(G("a"), E(11), 11, West);
        await directory.ReopenAsync(30);

        var told = await directory.ReassertAsync(G("a"), E(11), East, 11, 31);
        await directory.CloseAsync(30);

        told.Record.ShouldBe(Record(G("a"), East, 11, E(11)));
        (await directory.AcceptAsync(G("a"), West, 32, 32)).Status.ShouldBe(DirectoryStatus.LostRace);
    }

    [Fact]
    public async Task Each_loss_opens_a_shard_once_and_a_late_word_about_an_older_one_changes_nothing()
    {
        var directory = await OpenedAsync();
        var first = await directory.ReopenAsync(30);
        var again = await directory.ReopenAsync(30);
        await directory.CloseAsync(30);
        var closed = await directory.ReopenAsync(30);
        var second = await directory.ReopenAsync(40);

        var late = await directory.ReopenAsync(30);
        var lateClose = await directory.CloseAsync(30, token: 41);
        var early = await directory.CloseAsync(50, token: 51);

        again.ShouldBe(first);
        (closed.Status, closed.Version.Gen).ShouldBe((DirectoryStatus.Ok, first.Version.Gen));
        second.Version.Gen.ShouldNotBe(first.Version.Gen);
        (late.Status, late.Bound).ShouldBe((DirectoryStatus.BelowFloor, T(40)));
        (lateClose.Status, lateClose.Bound).ShouldBe((DirectoryStatus.BelowFloor, T(40)));
        early.Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ShardAsync(0, Cancel)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.CloseAsync(40, token: 39)).Status.ShouldBe(DirectoryStatus.BelowFloor);
        (await directory.CloseAsync(40)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.CloseAsync(40)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ClaimAsync(G("a"), East, 39, 39)).Status.ShouldBe(DirectoryStatus.BelowFloor);
        (await directory.ClaimAsync(G("a"), East, 41, 41)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_floor_that_was_raised_above_a_loss_does_not_keep_its_window_from_opening()
    {
        var directory = await OpenedAsync();
        await directory.GrantAsync(FailoverWest, 50);
        await directory.RaiseFloorAsync(0, FailoverWest, T(50), T(40), Cancel);

        var reopened = await directory.ReopenAsync(30);

        (reopened.Status, reopened.Bound).ShouldBe((DirectoryStatus.Ok, T(40)));
        (await directory.ShardAsync(0, Cancel)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.CloseAsync(30, token: 41)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_memory_that_went_back_is_reopened_with_what_it_still_knows_and_the_owners_correct_it()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await RememberAsync();
        await directory.GrantAsync(FailoverWest, 20);
        await directory.PromoteAsync(FailoverWest, 20, East);
        await directory.ClaimAsync(G("a"), West, 21, 21);
        await RollBackAsync();
        (await directory.LookupAsync(G("a"))).Record.ShouldBe(Record(G("a"), East, 11, E(11)));

        await directory.ReopenAsync(30);
        var stale = await directory.ReassertAsync(G("a"), E(11), East, 11, 31);
        var owner = await directory.ReassertAsync(G("a"), E(21), West, 21, 32);
        await directory.CloseAsync(30);
        var deposed = await directory.GrantAsync(FailoverWest, 20);

        stale.Status.ShouldBe(DirectoryStatus.Ok);
        owner.Record.ShouldBe(Record(G("a"), West, 21, E(21)));
        (await directory.ClaimAsync(G("a"), East, 11, 31)).Status.ShouldBe(DirectoryStatus.LostRace);
        (await directory.ClaimAsync(G("a"), West, 21, 32)).Status.ShouldBe(DirectoryStatus.Ok);
        deposed.Status.ShouldBe(DirectoryStatus.BelowFloor);
    }

    [Fact]
    public async Task A_process_that_was_restarted_and_lost_nothing_is_confirmed_without_a_window()
    {
        var directory = await OpenedAsync();
        var known = (await directory.ClaimAsync(G("a"), East, 11, 11)).Shard;
        await RestartAsync();
        var restarted = await directory.ShardAsync(0, Cancel);

        var ahead = await directory.ConfirmAsync(known with { Seq = known.Seq + 1 });
        var other = await directory.ConfirmAsync(known with { Gen = "other" });
        var below = await directory.ConfirmShardAsync(0, FailoverWest, T(9), known, Cancel);
        var confirmed = await directory.ConfirmAsync(known);

        restarted.Run.ShouldNotBe(restarted.Process);
        (await directory.ReadOutboxAsync(0, 0, 10, Cancel)).Process.ShouldBe(restarted.Process);
        ahead.Status.ShouldBe(DirectoryStatus.ShardLost);
        other.Status.ShouldBe(DirectoryStatus.ShardLost);
        below.Status.ShouldBe(DirectoryStatus.BelowFloor);
        (confirmed.Status, confirmed.Version).ShouldBe((DirectoryStatus.Ok, known));
        confirmed.Run.ShouldBe(restarted.Process);
        (await directory.ConfirmAsync(known)).ShouldBe(confirmed);
        await Should.ThrowAsync<ArgumentException>(() => directory.ConfirmAsync(known with { Gen = "" }));
    }

    [Fact]
    public async Task In_a_process_that_nobody_confirmed_nothing_is_changed_so_that_what_was_lost_can_be_seen()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);
        var known = (await directory.ShardAsync(0, Cancel)).Version;
        await RestartAsync();

        (await directory.LookupAsync(G("a"))).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ListAllAsync(East)).Count.ShouldBe(1);
        (await directory.ScanAsync(0, null, Cancel)).Records.Count.ShouldBe(1);
        (await directory.CountAsync(0, [East], Cancel)).Counts.ShouldBe([1]);
        (await directory.ClaimAsync(G("b"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ReleaseAsync(G("a"), E(11), 11)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.OfferAsync(G("a"), E(11), 11, West)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ReassertAsync(G("a"), E(11), East, 11, 21)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.RegisterAsync(Ext("c"), East, 31)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.GrantAsync(FailoverWest, 21)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.PromoteAsync(FailoverWest, 20, East)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.CloseAsync(10)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ReadOutboxAsync(0, 0, 10, Cancel)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ShardAsync(0, Cancel)).Version.ShouldBe(known);

        await directory.ConfirmAsync(known);
        await directory.ClaimAsync(G("b"), East, 11, 11);
        var later = await directory.ShardAsync(0, Cancel);
        (later.Since, later.Version.Seq).ShouldBe((known.Seq, known.Seq + 1));
    }
}
