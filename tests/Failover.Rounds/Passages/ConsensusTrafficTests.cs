using System.Text;

namespace Holdfast.Failover.Rounds.Passages;

/// <summary>What a passage makes of HTTP, wherever it is cut.</summary>
public sealed class ConsensusTrafficTests
{
    private static readonly byte[] Advance =
        Encoding.ASCII.GetBytes("POST /v1/elections/failover.west/advance HTTP/1.1\r\nContent-Length: 0\r\n\r\n");

    private static readonly byte[] Refusal = Encoding.ASCII.GetBytes("HTTP/1.1 409 Conflict\r\n\r\n");

    [Fact]
    public void An_answer_ends_the_step_that_was_asked_for()
    {
        var traffic = new ConsensusTraffic();
        var step = traffic.Asked(Advance).Step.ShouldNotBeNull();

        traffic.Answered(Refusal).ShouldBe((Refusal.Length, step));

        step.Answer.ShouldBe("409");
    }

    [Fact]
    public void A_look_at_nothing_while_a_step_is_asked_for_ends_nothing()
    {
        var traffic = new ConsensusTraffic();
        var step = traffic.Asked(Advance).Step.ShouldNotBeNull();

        traffic.Answered([]).ShouldBe((0, null));
        traffic.Answered(Refusal.AsSpan(0, 11)).ShouldBe((0, null));

        step.Ended.IsCompleted.ShouldBeFalse();
        traffic.Answered(Refusal).Step.ShouldBe(step);
    }

    [Fact]
    public void What_answers_no_step_is_passed_on_as_it_comes() =>
        new ConsensusTraffic().Answered("0\r\n\r\n"u8).ShouldBe((5, null));
}
