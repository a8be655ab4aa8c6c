using static Holdfast.Handoff.Wire.HandoffMessage;

namespace Holdfast.Handoff.Wire.Incumbent;

public sealed class IncumbentCoreTests
{
    private static readonly HandoffId Handoff = IncumbentStory.Handoff;

    [Fact]
    public void A_handoff_goes_from_the_greeting_to_the_end_of_the_process()
    {
        var story = new IncumbentStory();

        story.Step(new IncumbentInput.Connected(1)).Did.ShouldBe(["send Hello"]);
        story.Hear(new HelloAck(1, Handoff)).Did.ShouldBeEmpty();
        story.Hear(new PrepareHandoff(Handoff, 200, 60_000, 25_000)).Did.ShouldBe(["Drain"]);
        story.Step(new IncumbentInput.Drained(0, AcceptClosed: true)).Did.ShouldBe(["send Drained"]);
        story.Hear(new SealRequest(Handoff)).Did.ShouldBe(["Seal"]);
        story.Step(new IncumbentInput.SealProgressed(0, 1, 7)).Did.ShouldBe(["send SealProgress"]);
        story.Step(new IncumbentInput.Sealed(new Revisions(7), default)).Did
            .ShouldBe(["ReleaseLock", "send SealComplete"], "the lock goes before the word that it is gone");
        story.Hear(new Commit(Handoff)).Did.ShouldBe(["end Committed"]);
    }

    [Fact]
    public void Before_the_seal_an_abort_serves_at_once_with_the_lock_it_kept() =>
        new IncumbentStory().Drained().Hear(new Abort(Handoff, "no")).Did.ShouldBe(["Resume"]);

    [Fact]
    public void A_word_that_the_fence_is_raised_is_followed_by_reading_it()
    {
        var story = new IncumbentStory().Drained().Hear(new ResumeAfterAbort(Handoff));

        story.Did.ShouldBe(["ReadFence"]);
        story.FenceKnown().Did.ShouldBe(["Resume"]);
        story.Step(new IncumbentInput.Resumed()).Did.ShouldBe(["KeepControlPath"]);
        story.Phase.ShouldBe("Serving");
    }

    [Fact]
    public void After_the_seal_it_serves_only_with_lock_and_fence()
    {
        var story = new IncumbentStory().Sealed().Hear(new ResumeAfterAbort(Handoff));

        story.Did.ShouldBe(["TakeLock"]);
        story.Step(new IncumbentInput.LockRefused()).Did.ShouldBeEmpty();
        story.Pass(TimeSpan.FromMilliseconds(500)).Did.ShouldContain("TakeLock");
        story.Step(new IncumbentInput.LockTaken()).Did.ShouldBe(["ReadFence"]);
        story.FenceKnown().Did.ShouldBe(["Resume"]);
        story.Step(new IncumbentInput.Resumed()).Phase.ShouldBe("Serving");
    }

    [Fact]
    public void An_abort_after_the_seal_waits_with_the_lock_for_the_word_about_the_fence()
    {
        var story = new IncumbentStory().Sealed().Hear(new Abort(Handoff, "no")).Step(new IncumbentInput.LockTaken());

        story.Did.ShouldBeEmpty();
        story.Hear(new ResumeAfterAbort(Handoff)).Did.ShouldBe(["ReadFence"]);
    }

    [Fact]
    public void A_supervisor_that_never_says_that_the_fence_is_raised_is_not_waited_for_long()
    {
        var story = new IncumbentStory().Sealed().Hear(new Abort(Handoff, "no")).Step(new IncumbentInput.LockTaken());

        story.Pass(IncumbentStory.Timings.ResumeWait).Did.ShouldBe(["RaiseFence"]);
    }

    [Fact]
    public void Without_a_fence_abort_and_resume_are_alike()
    {
        var story = new IncumbentStory(isFenced: false).Sealed().Hear(new Abort(Handoff, "no"));

        story.Step(new IncumbentInput.LockTaken()).Did.ShouldBe(["Resume"]);
    }

    [Theory]
    [InlineData("Draining")]
    [InlineData("Drained")]
    public void A_supervisor_lost_before_the_seal_leaves_it_serving(string phase)
    {
        var story = phase == "Draining" ? new IncumbentStory().Draining() : new IncumbentStory().Drained();

        story.Step(new IncumbentInput.Disconnected(1)).Did.ShouldBe(["Resume"]);
    }

    [Fact]
    public void A_supervisor_lost_during_the_seal_cancels_it_and_is_answered_when_it_is_over()
    {
        var story = new IncumbentStory().Sealing().Step(new IncumbentInput.Disconnected(1));

        story.Did.ShouldBe(["CancelSeal"]);
        story.Step(new IncumbentInput.Sealed(new Revisions(7), default)).Did
            .ShouldBe(["Resume"], "the lock is not released any more");
    }

    [Fact]
    public void A_supervisor_lost_after_the_seal_leaves_it_trying_for_the_lock_and_raising_the_fence_itself()
    {
        var story = new IncumbentStory().Sealed().Step(new IncumbentInput.Disconnected(1));

        story.Did.ShouldBe(["TakeLock"]);
        story.Step(new IncumbentInput.LockTaken()).Did.ShouldBe(["RaiseFence"]);
    }

    [Fact]
    public void It_ends_when_another_process_has_the_lock_and_answers_on_the_control_path()
    {
        var story = new IncumbentStory().Sealed().Step(new IncumbentInput.Disconnected(1))
            .Step(new IncumbentInput.LockRefused());

        story.Pass(TimeSpan.FromHours(1)).Phase.ShouldBe("Locking", "while nobody answers it goes on trying");
        story.Did.ShouldContain("LookForReplacement");
        story.Step(new IncumbentInput.Replaced(200)).Did.ShouldBe(["end Replaced"]);
    }

    [Fact]
    public void With_the_directory_out_of_reach_it_serves_under_its_old_epoch_and_goes_on_asking()
    {
        var story = new IncumbentStory().Sealed().Step(new IncumbentInput.Disconnected(1))
            .Step(new IncumbentInput.LockTaken());

        story.FenceUnreachable().Did.ShouldBe(["Resume"]);
        story.Step(new IncumbentInput.Resumed());
        story.Core.IsBusy.ShouldBeTrue();
        story.Pass(TimeSpan.FromSeconds(1)).Did.ShouldBe(["RaiseFence"]);
        story.FenceUnreachable().Pass(TimeSpan.FromSeconds(1)).Did.ShouldBe(["RaiseFence"]);
        story.FenceKnown().Core.IsBusy.ShouldBeFalse();
    }

    [Fact]
    public void An_answer_to_an_older_question_about_the_fence_is_not_taken_for_the_newest()
    {
        var story = new IncumbentStory().Sealed().Step(new IncumbentInput.Disconnected(1))
            .Step(new IncumbentInput.LockTaken());

        story.Step(new IncumbentInput.FenceKnown(story.FenceAsks - 1)).Did.ShouldBeEmpty();
        story.Phase.ShouldBe("Fencing");
    }

    [Fact]
    public void A_supervisor_that_beats_and_falls_silent_is_left()
    {
        var story = new IncumbentStory().Drained().Hear(new Heartbeat(1));

        story.Pass(TimeSpan.FromSeconds(9.5)).Did.ShouldBeEmpty();
        story.Pass(TimeSpan.FromMilliseconds(500)).Did.ShouldBe(["close 1", "Resume"]);
    }

    [Fact]
    public void A_supervisor_that_never_beats_is_held_to_the_deadline_it_set()
    {
        var story = new IncumbentStory().Drained();

        story.Pass(TimeSpan.FromSeconds(60.5)).Did.ShouldBeEmpty();
        story.Pass(TimeSpan.FromSeconds(0.5)).Did.ShouldBe(["close 1", "Resume"]);
    }

    [Fact]
    public void A_silent_supervisor_after_the_seal_leaves_it_trying_for_the_lock()
    {
        var story = new IncumbentStory().Sealed().Hear(new Heartbeat(1)).Pass(TimeSpan.FromSeconds(10));

        story.Did.ShouldBe(["close 1", "TakeLock"]);
    }

    [Fact]
    public void It_says_that_it_lives_while_it_drains_and_seals()
    {
        string[] beats = ["send Heartbeat", "send Heartbeat"];
        new IncumbentStory().Draining().Pass(TimeSpan.FromSeconds(4)).Did.ShouldBe(beats);
        new IncumbentStory().Sealing().Pass(TimeSpan.FromSeconds(4)).Did.ShouldBe(beats);
    }

    [Fact]
    public void A_failed_draining_opens_again_what_it_closed() =>
        new IncumbentStory().Draining().Step(new IncumbentInput.DrainFailed("boom")).Did
            .ShouldBe(["close 1", "Resume"]);

    [Fact]
    public void A_failed_seal_is_told_and_served_on_from() =>
        new IncumbentStory().Sealing().Step(new IncumbentInput.SealFailed("disk", "none")).Did
            .ShouldBe(["send SealFailed", "Resume"]);

    [Fact]
    public void A_process_that_cannot_serve_again_gives_the_lock_up_and_ends()
    {
        var story = new IncumbentStory().Drained().Hear(new Abort(Handoff, "no"));

        story.Step(new IncumbentInput.ResumeFailed("1")).Did.ShouldBe(["Resume"]);
        story.Step(new IncumbentInput.ResumeFailed("2")).Did.ShouldBe(["Resume"]);
        story.Step(new IncumbentInput.ResumeFailed("3")).Did.ShouldBe(["ReleaseLock", "end CannotResume"]);
    }

    [Fact]
    public void A_second_supervisor_does_not_disturb_a_handoff_under_way()
    {
        var story = new IncumbentStory().Sealed().Step(new IncumbentInput.Connected(2));

        story.Did.ShouldBe(["close 2"]);
        story.Phase.ShouldBe("Sealed");
    }

    [Fact]
    public void A_new_supervisor_takes_the_place_of_one_that_began_nothing() =>
        new IncumbentStory().Greeted().Step(new IncumbentInput.Connected(2)).Did.ShouldBe(["close 1", "send Hello"]);

    [Fact]
    public void A_greeting_that_is_not_answered_is_not_waited_for() =>
        new IncumbentStory().Step(new IncumbentInput.Connected(1)).Pass(IncumbentStory.Timings.HelloTimeout).Did
            .ShouldBe(["close 1"]);

    [Fact]
    public void A_supervisor_that_came_back_may_commit_what_it_had_begun()
    {
        var story = new IncumbentStory().Sealed().Step(new IncumbentInput.Disconnected(1))
            .Step(new IncumbentInput.LockRefused()).Greeted(session: 2);

        story.Hear(new Commit(Handoff), session: 2).Did.ShouldBe(["end Committed"]);
    }

    [Fact]
    public void A_commit_for_another_handoff_ends_nothing()
    {
        var story = new IncumbentStory().Sealed().Step(new IncumbentInput.Disconnected(1))
            .Step(new IncumbentInput.LockRefused()).Greeted(session: 2, IncumbentStory.Other);

        story.Hear(new Commit(IncumbentStory.Other), session: 2).Did.ShouldBe(["close 2"]);
        story.Phase.ShouldBe("Locking");
    }

    [Fact]
    public void A_second_handoff_may_follow_an_aborted_one()
    {
        var story = new IncumbentStory().Drained().Hear(new Abort(Handoff, "no")).Step(new IncumbentInput.Resumed())
            .Step(new IncumbentInput.Disconnected(1)).Greeted(session: 2, IncumbentStory.Other);

        story.Hear(new PrepareHandoff(IncumbentStory.Other, 300, 1_000, 1_000), session: 2).Did.ShouldBe(["Drain"]);
    }

    [Theory]
    [InlineData("Draining")]
    [InlineData("Sealing")]
    public void What_is_asked_twice_is_done_once(string phase)
    {
        var story = phase == "Draining" ? new IncumbentStory().Draining() : new IncumbentStory().Sealing();

        if (phase == "Draining") story.Hear(new PrepareHandoff(Handoff, 200, 60_000, 25_000)).Did.ShouldBeEmpty();
        else story.Hear(new SealRequest(Handoff)).Did.ShouldBeEmpty();
        story.Phase.ShouldBe(phase);
    }

    [Fact]
    public void What_was_answered_already_is_answered_again()
    {
        new IncumbentStory().Drained().Hear(new PrepareHandoff(Handoff, 200, 60_000, 25_000)).Did
            .ShouldBe(["send Drained"]);
        new IncumbentStory().Sealed().Hear(new SealRequest(Handoff)).Did.ShouldBe(["send SealComplete"]);
    }

    [Fact]
    public void A_commit_before_the_seal_breaks_the_session_and_it_serves_on() =>
        new IncumbentStory().Drained().Hear(new Commit(Handoff)).Did.ShouldBe(["close 1", "Resume"]);

    [Fact]
    public void A_seal_before_the_draining_is_done_breaks_the_session_and_it_serves_on() =>
        new IncumbentStory().Draining().Hear(new SealRequest(Handoff)).Did.ShouldBe(["close 1", "Resume"]);

    [Fact]
    public void A_message_of_another_handoff_breaks_the_session() =>
        new IncumbentStory().Sealed().Hear(new Commit(IncumbentStory.Other)).Did.ShouldBe(["close 1", "TakeLock"]);

    [Fact]
    public void Bytes_that_are_no_frame_break_the_session() =>
        new IncumbentStory().Drained().Step(new IncumbentInput.Garbled(1, FrameStatus.TooLarge)).Did
            .ShouldBe(["close 1", "Resume"]);

    [Fact]
    public void A_version_that_was_not_chosen_breaks_the_session() =>
        new IncumbentStory().Drained().Hear(new SealRequest(Handoff), version: 2).Did.ShouldBe(["close 1", "Resume"]);

    [Fact]
    public void A_version_that_is_not_spoken_is_not_agreed_to() =>
        new IncumbentStory().Step(new IncumbentInput.Connected(1)).Hear(new HelloAck(2, Handoff)).Did
            .ShouldBe(["close 1"]);

    [Fact]
    public void What_another_side_says_is_not_expected_from_a_supervisor() =>
        new IncumbentStory().Greeted().Hear(new Ready(Handoff, [], HealthzOk: true, default)).Did.ShouldBe(["close 1"]);

    [Fact]
    public void A_deadline_beyond_all_measure_is_kept_within_what_adds_up() =>
        new IncumbentStory().Greeted().Hear(new PrepareHandoff(Handoff, 1, ulong.MaxValue, ulong.MaxValue)).Did
            .ShouldBe(["Drain"]);
}
