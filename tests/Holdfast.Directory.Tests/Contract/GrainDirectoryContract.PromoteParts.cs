using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    [Theory]
    [InlineData(true, "a", "c/d")]
    [InlineData(false, "b")]
    public async Task A_promotion_moves_only_the_grain_types_it_is_for_and_counts_the_others(
        bool isOnly, params string[] moved)
    {
        var directory = await OpenedAsync();
        GrainId other = new("invoice", "b");
        await directory.ClaimAllAsync([G("a"), G("c/d"), other], East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);

        var call = new PromoteCall(0, FailoverWest, T(20), East, [], null, "why")
        {
            Types = new GrainTypeFilter(isOnly, [G("a").Type, "unheard.of"]),
        };
        var answer = await directory.PromoteAsync(call, TestContext.Current.CancellationToken);

        answer.Status.ShouldBe(DirectoryStatus.Ok);
        answer.Promoted.ShouldBe(moved.Length);
        answer.Skipped.ShouldBe(3 - moved.Length);
        answer.Remaining.ShouldBe(3 - moved.Length);
        answer.Next.ShouldBeNull();
        (await directory.ListAllAsync(West)).Select(record => record.Grain.Key).ShouldBe(moved, ignoreOrder: true);
    }

    [Fact]
    public async Task A_promotion_moves_no_more_grains_at_once_than_it_is_told_and_all_in_the_end()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync([G("a"), G("b"), G("c")], East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);
        var call = new PromoteCall(0, FailoverWest, T(20), East, [], null, "why") { GrainsMax = 2 };
        var cancel = TestContext.Current.CancellationToken;

        var first = await directory.PromoteAsync(call, cancel);
        var second = await directory.PromoteAsync(call with { Cursor = first.Next }, cancel);

        first.Promoted.ShouldBe(2);
        first.Remaining.ShouldBe(1);
        first.Next.ShouldNotBeNull();
        second.Promoted.ShouldBe(1);
        second.Remaining.ShouldBe(0);
    }

    [Fact]
    public async Task A_promotion_that_is_asked_for_more_than_go_at_once_moves_so_many()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync(Many(2 * DirectoryLimits.GrainsPerPromotion), East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);
        var call = new PromoteCall(0, FailoverWest, T(20), East, [], null, "why")
        {
            GrainsMax = DirectoryLimits.GrainsPerCallMax,
        };

        var answer = await directory.PromoteAsync(call, TestContext.Current.CancellationToken);

        answer.Promoted.ShouldBeInRange(1, DirectoryLimits.GrainsPerPromotion);
        answer.Next.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(0, "order")]
    [InlineData(501, "order")]
    [InlineData(1, "no type")]
    public async Task A_promotion_of_what_cannot_be_is_refused_by_name(int grainsMax, string type)
    {
        var directory = await OpenedAsync();
        var call = new PromoteCall(0, FailoverWest, T(20), East, [], null, "why")
        {
            GrainsMax = grainsMax,
            Types = new GrainTypeFilter(IsOnly: true, [type]),
        };

        await Should.ThrowAsync<ArgumentException>(
            () => directory.PromoteAsync(call, TestContext.Current.CancellationToken));
    }
}
