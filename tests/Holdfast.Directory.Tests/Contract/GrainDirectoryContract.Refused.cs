using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    [Fact]
    public async Task An_epoch_from_the_future_is_nobodys()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        var before = await directory.LookupAsync(G("a"));

        var released = await directory.ReleaseAsync(G("a"), E(99), 11);
        var offered = await directory.OfferAsync(G("a"), E(99), 11, West);
        var claimed = await directory.ClaimAsync(G("a"), East, 12, 12, expected: E(99));

        (released.Status, released.Record).ShouldBe((DirectoryStatus.NotOwner, before.Record));
        (offered.Status, offered.Record).ShouldBe((DirectoryStatus.NotOwner, before.Record));
        (claimed.Status, claimed.Record).ShouldBe((DirectoryStatus.LostRace, before.Record));
        (await directory.LookupAsync(G("a"))).ShouldBe(before);
    }

    [Fact]
    public async Task A_token_that_nobody_installed_changes_nothing()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);
        var before = await directory.LookupAsync(G("a"));

        var promoted = await directory.PromoteAsync(FailoverWest, 99, East);
        var trimmed = await directory.TrimAsync(FailoverWest, 99, 1);
        var raised = await directory.RaiseFloorAsync(0, FailoverWest, T(99), T(50), Cancel);
        var erased = await directory.EraseTombstonesAsync(0, FailoverWest, T(99), null, Cancel);

        (promoted.Status, promoted.Bound).ShouldBe((DirectoryStatus.GrantSuperseded, T(20)));
        (trimmed.Status, trimmed.Bound).ShouldBe((DirectoryStatus.GrantSuperseded, T(20)));
        (raised.Status, raised.Bound).ShouldBe((DirectoryStatus.GrantSuperseded, T(20)));
        (erased.Status, erased.Bound).ShouldBe((DirectoryStatus.GrantSuperseded, T(20)));
        (await directory.LookupAsync(G("a"))).ShouldBe(before);
        (await directory.OutboxAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_grain_offered_to_a_cluster_that_nobody_is_in_stays_its_owners()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);

        var offered = await directory.OfferAsync(G("a"), E(11), 11, new("atlantis"));
        var accepted = await directory.AcceptAsync(G("a"), West, 12, 12);

        offered.Status.ShouldBe(DirectoryStatus.Ok);
        accepted.Status.ShouldBe(DirectoryStatus.LostRace);
        (await directory.ClaimAsync(G("a"), East, 11, 13)).Record.ShouldBe(Record(G("a"), East, 11, E(13)));
    }
}
