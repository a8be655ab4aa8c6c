using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Simulation.Tests;

/// <summary>Each history is a list of calls: when called, when answered, what was asked, what was told.</summary>
public sealed class LinearizabilityTests
{
    [Fact]
    public void Calls_one_after_another_are_linearizable_when_each_sees_the_last() =>
        Judge(Done(0, 1, Write(1), 0), Done(2, 3, Read, 1)).ShouldBe(Judgement.Linearizable);

    [Fact]
    public void An_empty_history_is_linearizable() => Judge().ShouldBe(Judgement.Linearizable);

    [Fact]
    public void A_stale_read_is_not() =>
        Judge(Done(0, 1, Write(1), 0), Done(2, 3, Write(2), 0), Done(4, 5, Read, 1))
            .ShouldBe(Judgement.NotLinearizable);

    [Fact]
    public void A_read_beside_a_write_may_see_it_or_not()
    {
        Judge(Done(0, 9, Write(1), 0), Done(1, 2, Read, 0)).ShouldBe(Judgement.Linearizable);
        Judge(Done(0, 9, Write(1), 0), Done(1, 2, Read, 1)).ShouldBe(Judgement.Linearizable);
    }

    [Fact]
    public void Two_reads_must_not_go_back_in_time_beside_one_write() =>
        Judge(Done(0, 9, Write(1), 0), Done(1, 2, Read, 1), Done(3, 4, Read, 0)).ShouldBe(Judgement.NotLinearizable);

    [Fact]
    public void A_lost_update_is_not() =>
        Judge(Done(0, 3, Add(1), 1), Done(1, 4, Add(1), 1), Done(5, 6, Read, 1)).ShouldBe(Judgement.NotLinearizable);

    [Fact]
    public void An_update_that_counted_twice_is_not() =>
        Judge(Done(0, 1, Add(1), 1), Done(2, 3, Read, 2)).ShouldBe(Judgement.NotLinearizable);

    [Fact]
    public void A_pending_write_may_have_taken_effect_at_any_time_or_never()
    {
        Judge(Pending(0, Write(1)), Done(5, 6, Read, 0)).ShouldBe(Judgement.Linearizable);
        Judge(Pending(0, Write(1)), Done(5, 6, Read, 1)).ShouldBe(Judgement.Linearizable);
        Judge(Pending(0, Write(1)), Done(5, 6, Read, 0), Done(7, 8, Read, 1)).ShouldBe(Judgement.Linearizable);
    }

    [Fact]
    public void A_pending_write_takes_effect_once_and_not_before_it_was_made()
    {
        Judge(Pending(0, Write(1)), Done(5, 6, Read, 1), Done(7, 8, Read, 0)).ShouldBe(Judgement.NotLinearizable);
        Judge(Done(0, 1, Read, 1), Pending(2, Write(1))).ShouldBe(Judgement.NotLinearizable);
        Judge(Pending(0, Add(1)), Done(5, 6, Read, 2)).ShouldBe(Judgement.NotLinearizable);
    }

    [Fact]
    public void Keys_are_judged_one_by_one()
    {
        Operation<RegisterCall, int>[] history =
        [
            Done(0, 1, Write(1), 0),
            Done(2, 3, Write(2) with { Key = "y" }, 0),
            Done(4, 5, Read, 1),
            Done(6, 7, Read with { Key = "y" }, 1),
        ];
        var result = Linearizability.Check(new Register(), history, static call => call.Key);
        result.Judgement.ShouldBe(Judgement.NotLinearizable);
        result.Reason!.ShouldStartWith("of y");
        result.Reason.ShouldContain("was told 1");
    }

    [Fact]
    public void A_search_that_is_too_long_ends_undecided()
    {
        // Any subset of these additions may be before the read, and none gives an odd number.
        List<Operation<RegisterCall, int>> history = [];
        for (var i = 0; i < 30; i++) history.Add(Pending(0, Add(2 << (i % 25))));
        history.Add(Done(1, 2, Read, 1));
        var result = Linearizability.Check(new Register(), history, configurationsMax: 1000);
        result.Judgement.ShouldBe(Judgement.Undecided);
        result.Configurations.ShouldBeInRange(1000, 1100);
    }

    [Fact]
    public void A_long_history_of_many_clients_is_judged_within_its_bound()
    {
        // Twenty clients at a time, and the answers of one true order.
        var chance = new Chance(5);
        List<Operation<RegisterCall, int>> history = [];
        var state = 0;
        for (var at = 20; at < 4000; at++)
        {
            var call = chance.Next(3) == 0 ? Read : Add(1);
            (state, var told) = new Register().Apply(state, call);
            history.Add(Done(at - chance.Next(10), at + chance.Next(10), call, told));
        }

        Linearizability.Check(new Register(), history, 100_000).Judgement.ShouldBe(Judgement.Linearizable);
    }

    private static RegisterCall Read => RegisterCall.Read;

    private static RegisterCall Write(int value) => RegisterCall.Write(value);

    private static RegisterCall Add(int value) => RegisterCall.Add(value);

    private static Judgement Judge(params Operation<RegisterCall, int>[] history) =>
        Linearizability.Check(new Register(), history).Judgement;

    private static Operation<RegisterCall, int> Done(int from, int to, RegisterCall call, int told) =>
        new(from, call, new Instant(from), told, new Instant(to));

    private static Operation<RegisterCall, int> Pending(int from, RegisterCall call) =>
        new(from, call, new Instant(from), 0, null);
}
