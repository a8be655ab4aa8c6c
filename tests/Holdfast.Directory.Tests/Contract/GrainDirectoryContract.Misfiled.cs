using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

/// <summary>
/// Indexes as a script leaves them that was carried out by half: the record is written, and the rest was refused.
/// </summary>
public abstract partial class GrainDirectoryContract
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_promotion_moves_neither_what_is_anothers_nor_what_was_released_whatever_the_index_says(
        bool isNowhereElse)
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync([G("mine"), G("released")], East, 11, 11);
        await directory.ReleaseAsync(G("released"), E(11), 11);
        await directory.ClaimAsync(G("norths"), North, 12, 12);
        await directory.RegisterAsync(Ext("norths"), North, 1);
        await directory.ClaimAsync(G("newer"), North, 21, 21);
        GrainId[] norths = [G("norths"), Ext("norths"), G("newer")];
        await MisfileAsync(G("released"), East);
        foreach (var grain in norths) await MisfileAsync(grain, East, isNowhereElse ? North : null);
        await directory.GrantAsync(FailoverWest, 20);
        var before = await directory.LookupAsync([G("released"), .. norths], Cancel);

        var answer = await directory.PromoteAsync(FailoverWest, 20, East);

        (answer.Status, answer.Promoted, answer.Newer, answer.Leased, answer.Malformed, answer.Remaining)
            .ShouldBe((DirectoryStatus.Ok, 1, 0, 0, 0, 0));
        (await directory.LookupAsync([G("released"), .. norths], Cancel)).Select(found => found.Record)
            .ShouldBe(before.Select(found => found.Record));
        (await directory.ListAllAsync(West)).ShouldBe([Record(G("mine"), West, null, E(20))]);
        (await directory.ListAllAsync(North)).Select(record => record.Grain).ShouldBe(norths, ignoreOrder: true);
        (await directory.CountAsync(0, [East], Cancel)).Others
            .ShouldBe([new OwnedGrains(North, 3), new OwnedGrains(West, 1)], ignoreOrder: true);
        (await directory.OutboxAsync()).Select(entry => entry.EventType)
            .ShouldBe(
            ["GrainClaimed", "GrainReleased", "GrainClaimed", "GrainClaimed", "GrainClaimed", "GrainPromoted"]);

        // And what is listed for its owner is found when that one is unreachable.
        (await directory.PromoteAsync(FailoverWest, 20, North)).Promoted.ShouldBe(2);
    }

    [Fact]
    public async Task What_another_owns_is_listed_for_it_again_also_where_nothing_is_left_to_be_promoted()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("norths"), North, 12, 12);
        await MisfileAsync(G("norths"), East, North);
        await directory.GrantAsync(FailoverWest, 20);

        var answer = await directory.PromoteAsync(FailoverWest, 20, East);

        (answer.Status, answer.Promoted, answer.Remaining).ShouldBe((DirectoryStatus.Ok, 0, 0));
        (await directory.ListAllAsync(North)).ShouldBe([Record(G("norths"), North, 12, E(12))]);
        (await directory.CountAsync(0, [East], Cancel)).Others.ShouldBe([new OwnedGrains(North, 1)]);
        (await directory.OutboxAsync()).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_promotion_that_was_carried_out_by_half_is_carried_out_and_told_under_a_newer_token(
        bool isNowhereElse)
    {
        var directory = await OpenedAsync();
        await PlantAsync(Record(G("halfway"), West, null, E(20)));
        await MisfileAsync(G("halfway"), East, isNowhereElse ? West : null);
        await directory.GrantAsync(FailoverWest, 20);

        var same = await directory.PromoteAsync(FailoverWest, 20, East);
        await directory.GrantAsync(FailoverWest, 21);
        var newer = await directory.PromoteAsync(FailoverWest, 21, East);

        (same.Promoted, same.Newer, same.Remaining).ShouldBe((0, 1, 1));
        (newer.Promoted, newer.Newer, newer.Remaining).ShouldBe((1, 0, 0));
        (await directory.ListAllAsync(West)).ShouldBe([Record(G("halfway"), West, null, E(21))]);
        (await directory.CountAsync(0, [East, West], Cancel)).Counts.ShouldBe([0, 1]);
        var told = Decoded<Contracts.GrainPromoted>((await directory.OutboxAsync()).ShouldHaveSingleItem());
        told.Grains.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_leased_grain_whose_acceptance_was_carried_out_by_half_is_left_to_its_holder_and_listed()
    {
        // The living sessions that a promotion names are those of the cluster that it promotes from.
        var directory = await OpenedAsync();
        var accepted = Record(G("leased"), West, 15, E(15), GrainKind.Leased);
        await PlantAsync(accepted);
        await MisfileAsync(G("leased"), East, West);
        await directory.GrantAsync(FailoverWest, 20);

        var answer = await directory.PromoteAsync(FailoverWest, 20, East);

        (answer.Promoted, answer.Leased, answer.Remaining).ShouldBe((0, 0, 0));
        (await directory.ListAllAsync(West)).ShouldBe([accepted]);
    }
}
