using FsCheck;
using FsCheck.Fluent;

namespace Holdfast.Primitives.Tests;

public sealed class RendezvousHashTests
{
    // Computed by a second implementation, in Python. Peers of different versions pick the same observers only while
    // these values stay.
    [Theory]
    [InlineData("", "", 0x25fc6dd36ce04b20UL)]
    [InlineData("peer/east/n1", "east-1", 0x8372789ac13de211UL)]
    [InlineData("peer/east/n1", "east-2", 0x0e25c76594cbb892UL)]
    [InlineData("north", "west", 0x938c81fb9cd5e828UL)]
    [InlineData("grün", "köln", 0xd4a02e05e423df96UL)]
    public void A_weight_never_changes(string subject, string candidate, ulong weight) =>
        RendezvousHash.Weight(subject, candidate).ShouldBe(weight);

    [Fact]
    public void The_order_never_changes_and_does_not_depend_on_the_order_of_the_question()
    {
        string[] candidates = ["n1", "n2", "n3", "n4", "n5"];

        Order("peer/east/n9", candidates).ShouldBe(["n5", "n4", "n2", "n1", "n3"]);
        Order("peer/east/n9", candidates.Reverse()).ShouldBe(["n5", "n4", "n2", "n1", "n3"]);
        Order("peer/east/n9", []).ShouldBeEmpty();
    }

    [Fact]
    public void Who_leaves_moves_only_what_it_was_picked_for() => Prop
        .ForAll(
            Gen.Choose(2, 12).ToArbitrary(),
            Gen.Choose(0, 11).ToArbitrary(),
            Gen.Choose(0, 100_000).ToArbitrary(),
            (size, leaver, subject) =>
            {
                var all = Enumerable.Range(0, size).Select(n => $"node-{n}").ToArray();
                var gone = all[leaver % size];
                return Order($"subject-{subject}", all.Where(name => name != gone))
                    .SequenceEqual(Order($"subject-{subject}", all).Where(name => name != gone));
            })
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Everybody_is_picked_about_as_often_as_the_others()
    {
        var names = Enumerable.Range(0, 10).Select(n => $"node-{n}").ToArray();

        var picks = Enumerable.Range(0, 10_000)
            .CountBy(n => Order($"order/{n}", names)[0])
            .ToDictionary(StringComparer.Ordinal);

        // Of 1,000 expected, five standard deviations to either side.
        foreach (var name in names) picks[name].ShouldBeInRange(850, 1_150);
    }

    private static IReadOnlyList<string> Order(string subject, IEnumerable<string> candidates) =>
        RendezvousHash.Order(subject, candidates, name => name);
}
