using static Holdfast.Handoff.Wire.HandoffMessage;

namespace Holdfast.Handoff.Wire.Incumbent;

/// <summary>After an abort a greeting says that it serves again: it comes no sooner.</summary>
public sealed class WayBackGreetingTests
{
    private static readonly HandoffId Handoff = IncumbentStory.Handoff;

    [Fact]
    public void While_a_seal_that_was_given_up_hangs_nobody_is_greeted()
    {
        var story = new IncumbentStory().Sealing().Hear(new ResumeAfterAbort(Handoff));
        story.Did.ShouldBe(["CancelSeal"]);
        story.Step(new IncumbentInput.Disconnected(1));

        story.Step(new IncumbentInput.Connected(2)).Did.ShouldBeEmpty();
        story.Pass(TimeSpan.FromMinutes(10)).Did.ShouldBeEmpty();

        story.Step(new IncumbentInput.SealFailed("cancelled", "")).Did.ShouldBe(["Resume"]);
        story.Step(new IncumbentInput.Resumed()).Did.ShouldBe(["KeepControlPath", "send Hello"]);
    }

    [Theory]
    [InlineData("Locking")]
    [InlineData("Fencing")]
    [InlineData("Resuming")]
    public void On_its_way_back_nobody_is_greeted_before_it_serves(string phase)
    {
        var story = new IncumbentStory().Sealed().Hear(new ResumeAfterAbort(Handoff))
            .Step(new IncumbentInput.Disconnected(1));
        if (phase != "Locking") story.Step(new IncumbentInput.LockTaken());
        if (phase == "Resuming") story.FenceKnown();
        story.Phase.ShouldBe(phase);

        story.Step(new IncumbentInput.Connected(2)).Did.ShouldBeEmpty();

        if (phase == "Locking") story.Step(new IncumbentInput.LockTaken());
        if (phase != "Resuming") story.FenceKnown();
        story.Step(new IncumbentInput.Resumed()).Did.ShouldBe(["KeepControlPath", "send Hello"]);
        story.Hear(new HelloAck(1, Handoff), session: 2).Did.ShouldBeEmpty();
    }

    [Fact]
    public void A_caller_that_goes_away_again_is_not_greeted_later()
    {
        var story = new IncumbentStory().Drained().Hear(new Abort(Handoff, "no")).Step(new IncumbentInput.Connected(2));
        story.Step(new IncumbentInput.Disconnected(2));

        story.Step(new IncumbentInput.Resumed()).Did.ShouldBe(["KeepControlPath"]);
    }

    [Fact]
    public void Who_calls_while_the_word_about_the_fence_is_awaited_is_greeted_to_say_it()
    {
        var story = new IncumbentStory().Sealed().Hear(new Abort(Handoff, "no"))
            .Step(new IncumbentInput.Connected(2));
        story.Did.ShouldBe(["close 1"]);

        story.Step(new IncumbentInput.LockTaken()).Did.ShouldBe(["send Hello"]);
        story.Hear(new HelloAck(1, Handoff), session: 2);
        story.Hear(new ResumeAfterAbort(Handoff), session: 2).Did.ShouldBe(["ReadFence"]);
    }
}
