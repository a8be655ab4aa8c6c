using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol.Tests;

/// <summary>What a pass over a shard in several pages says of what is left, while others move theirs.</summary>
public sealed class SweepTests
{
    private static readonly ClusterId East = new("east");
    private static readonly Token Token = new(20);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(5);
    private static readonly Instant Now = new(0);

    private readonly Sweep _sweep = new(1, East, shards: 1, above: new Token(10), Now, counted: _ => null);

    public SweepTests() => _sweep.Confirm(Token);

    [Fact]
    public void What_nobody_can_read_stays_stranded_though_others_moved_meanwhile_what_was_left_to_them()
    {
        Answers(new CallResult.Batch(0, 0, 0, Remaining: 101, "7", Skipped: 100));
        Answers(new CallResult.Batch(0, 0, 0, Remaining: 1, Next: null) { Malformed = 1 });

        _sweep.IsClean.ShouldBeTrue();
        (_sweep.Figures.Stranded, _sweep.Figures.Skipped).ShouldBe((1, 0));
    }

    [Fact]
    public void A_pass_that_moved_something_is_followed_by_another_since_it_may_have_met_one_record_twice()
    {
        Answers(new CallResult.Batch(5, 0, 0, Remaining: 3, "7") { Malformed = 1 });
        Answers(new CallResult.Batch(0, 0, 0, Remaining: 2, Next: null) { Malformed = 1 });
        _sweep.IsClean.ShouldBeFalse();
        _sweep.Wants(0, Now).ShouldBeTrue("the next pass is at once");

        Answers(new CallResult.Batch(1, 0, 0, Remaining: 1, Next: null) { Malformed = 1 });
        Answers(new CallResult.Batch(0, 0, 0, Remaining: 1, Next: null) { Malformed = 1 });

        _sweep.IsClean.ShouldBeTrue();
        _sweep.Wants(0, Now).ShouldBeFalse("the next look is at the check interval");
        (_sweep.Figures.Promoted, _sweep.Figures.Stranded).ShouldBe((6, 1));
    }

    private void Answers(CallResult.Batch batch) =>
        _sweep.Take(_sweep.CallFor(0, Token), batch, Now, CheckInterval);
}
