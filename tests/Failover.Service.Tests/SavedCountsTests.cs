using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests;

/// <summary>Owners that go on from a state that was not the last one are found.</summary>
public sealed class SavedCountsTests
{
    private static readonly GrainId Grain = new("order", "1");
    private static readonly Epoch Old = Epoch.First(new Token(1));
    private static readonly Epoch New = Epoch.First(new Token(2));

    [Fact]
    public void Counts_that_go_on_from_the_last_one_are_right() => SavedCounts.Problems(
    [
        new(Grain, Old, SaveReason.Counted, 3),
        new(Grain, Old, SaveReason.Drained, 3),
        new(Grain, New, SaveReason.Loads, 3),
        new(Grain, New, SaveReason.Counted, 4),
    ]).ShouldBeEmpty();

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_new_owner_that_does_not_go_on_from_the_last_count_is_found(long count) => SavedCounts.Problems(
    [
        new(Grain, Old, SaveReason.Counted, 3),
        new(Grain, New, SaveReason.Loads, 3),
        new(Grain, New, SaveReason.Counted, count),
    ]).ShouldHaveSingleItem().ShouldContain("does not go on from 3");
}
