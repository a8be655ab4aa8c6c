namespace Holdfast.Primitives.Tests;

public sealed class InstantTests
{
    [Fact]
    public void Instants_and_spans_add_up()
    {
        var start = new Instant(10);
        var later = start + TimeSpan.FromMilliseconds(1.5);

        (later - start).ShouldBe(TimeSpan.FromMilliseconds(1.5));
        (later - TimeSpan.FromMilliseconds(1.5)).ShouldBe(start);
        later.ShouldBeGreaterThan(start);
        Instant.Max(start, later).ShouldBe(later);
        Instant.Min(start, later).ShouldBe(start);
        later.ToString().ShouldBe("1.501 ms");
    }

    [Fact]
    public void The_end_of_time_is_an_error_and_not_its_beginning() =>
        Should.Throw<OverflowException>(() => new Instant(long.MaxValue) + TimeSpan.FromTicks(1));

    [Fact]
    public void A_generation_and_a_verdict_are_ordered_by_their_number()
    {
        new Generation(2).ShouldBeGreaterThan(new Generation(1));
        new Verdict(1).Next().ShouldBe(new Verdict(2));
        Should.Throw<OverflowException>(() => new Verdict(ulong.MaxValue).Next());
    }

    [Fact]
    public void A_broken_invariant_says_which()
    {
        var next = 1;

        Invariant.Holds(next == 1);
        Should.Throw<InvariantViolatedException>(() => Invariant.Holds(next > 1))
            .Message.ShouldBe("Invariant violated: next > 1");
    }
}
