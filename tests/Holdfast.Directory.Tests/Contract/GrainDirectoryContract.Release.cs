using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    [Fact]
    public async Task A_released_grain_leaves_a_tombstone_with_its_epoch_and_no_owner()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);

        var answer = await directory.ReleaseAsync(G("a"), E(11), 11);

        answer.Status.ShouldBe(DirectoryStatus.Ok);
        answer.Record.ShouldBe(Record(G("a"), East, null, E(11), tombstone: true));
        (await directory.LookupAsync(G("a"))).Record.ShouldBe(answer.Record);
        (await directory.ListAllAsync(East)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_release_repeated_is_ok_and_announced_once()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);

        var first = await directory.ReleaseAsync(G("a"), E(11), 11);
        var second = await directory.ReleaseAsync(G("a"), E(11), 11);

        second.ShouldBe(first);
        (await directory.OutboxAsync(after: 1)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Only_the_holder_releases_and_only_under_the_epoch_it_holds()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.ClaimAsync(G("a"), East, 11, 12);

        var other = await directory.ReleaseAsync(G("a"), E(12), 13);
        var older = await directory.ReleaseAsync(G("a"), E(11), 11);
        var nothing = await directory.ReleaseAsync(G("b"), E(11), 11);

        other.Status.ShouldBe(DirectoryStatus.NotOwner);
        older.Status.ShouldBe(DirectoryStatus.NotOwner);
        older.Record.ShouldBe(Record(G("a"), East, 11, E(12)));
        nothing.Status.ShouldBe(DirectoryStatus.NotFound);
    }

    [Fact]
    public async Task A_late_release_never_takes_a_grain_that_was_claimed_again()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.ReleaseAsync(G("a"), E(11), 11);
        await directory.ClaimAsync(G("a"), East, 11, 11);

        var late = await directory.ReleaseAsync(G("a"), E(11), 11);

        late.Status.ShouldBe(DirectoryStatus.NotOwner);
        late.Record.ShouldBe(Record(G("a"), East, 11, E(11, 2)));
    }

    [Fact]
    public async Task A_tombstone_is_claimed_by_any_cluster_and_its_epoch_only_grows()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 20);
        await directory.ReleaseAsync(G("a"), E(20), 11);

        var lower = await directory.ClaimAsync(G("a"), West, 12, 19);
        var equal = await directory.ClaimAsync(G("a"), East, 11, 20);
        await directory.ReleaseAsync(G("a"), E(20, 2), 11);
        var higher = await directory.ClaimAsync(G("a"), West, 12, 21);

        lower.Status.ShouldBe(DirectoryStatus.TokenTooLow);
        lower.Bound.ShouldBe(T(20));
        equal.Record.ShouldBe(Record(G("a"), East, 11, E(20, 2)));
        higher.Record.ShouldBe(Record(G("a"), West, 12, E(21)));
        (await directory.ListAllAsync(West)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_registered_number_wins_only_when_it_is_higher_and_the_answer_is_the_winner()
    {
        var directory = await OpenedAsync();

        var first = await directory.RegisterAsync(Ext("a"), East, 5);
        var equal = await directory.RegisterAsync(Ext("a"), West, 5);
        var lower = await directory.RegisterAsync(Ext("a"), West, 4);
        var again = await directory.RegisterAsync(Ext("a"), East, 5);
        var higher = await directory.RegisterAsync(Ext("a"), West, 6);

        first.Record.ShouldBe(Record(Ext("a"), East, null, E(0, 5)));
        equal.Status.ShouldBe(DirectoryStatus.LostRace);
        equal.Record.ShouldBe(first.Record);
        lower.Status.ShouldBe(DirectoryStatus.LostRace);
        again.ShouldBe(first);
        higher.Record.ShouldBe(Record(Ext("a"), West, null, E(0, 6)));
        (await directory.ListAllAsync(East)).ShouldBeEmpty();
        (await directory.ListAllAsync(West)).ShouldHaveSingleItem();
        (await directory.OutboxAsync()).Select(entry => entry.EventType).ShouldBe(["GrainClaimed", "GrainClaimed"]);
    }

    [Theory]
    [InlineData(0x10ul, 0x9ul)]
    [InlineData(0x1_0000_0000ul, 0xffff_fffful)]
    [InlineData(0x20_0000_0000_0001ul, 0x20_0000_0000_0000ul)]
    [InlineData(0x7fff_ffff_ffff_fffful, 0x7fff_ffff_ffff_fffeul)]
    public async Task Registered_numbers_compare_as_numbers_up_to_63_bits(ulong higher, ulong lower)
    {
        var directory = await OpenedAsync();
        await directory.RegisterAsync(Ext("a"), East, lower);

        var won = await directory.RegisterAsync(Ext("a"), West, higher);
        var lost = await directory.RegisterAsync(Ext("a"), East, lower);

        won.Record!.Epoch.ShouldBe(E(0, higher));
        lost.Status.ShouldBe(DirectoryStatus.LostRace);
    }
}
