namespace Holdfast.Simulation.Tests;

public sealed class ChanceTests
{
    [Fact]
    public void One_seed_gives_one_row_of_numbers_for_ever()
    {
        // Written down, so that a seed from an old report still means the same.
        FirstFour(1).ShouldBe([702, 520, 574, 391]);
        FirstFour(2).ShouldNotBe(FirstFour(1));
    }

    [Fact]
    public void A_stream_does_not_depend_on_what_others_drew()
    {
        var quiet = new Chance(7);
        var busy = new Chance(7);
        for (var i = 0; i < 100; i++) busy.Next();
        busy.Stream("disk").Next(1_000_000).ShouldBe(quiet.Stream("disk").Next(1_000_000));
        busy.Stream("disk").Next(1_000_000).ShouldNotBe(busy.Stream("network").Next(1_000_000));
    }

    [Fact]
    public void Numbers_are_even_over_their_range()
    {
        var chance = new Chance(3);
        var counts = new int[10];
        for (var i = 0; i < 100_000; i++) counts[chance.Next(10)]++;
        counts.ShouldAllBe(count => count > 9_600 && count < 10_400);
    }

    private static int[] FirstFour(ulong seed)
    {
        var chance = new Chance(seed);
        return [chance.Next(1000), chance.Next(1000), chance.Next(1000), chance.Next(1000)];
    }
}
