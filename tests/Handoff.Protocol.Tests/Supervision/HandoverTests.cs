using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

public sealed class HandoverTests
{
    public static TheoryData<HandoffStep> BeforeReady =>
    [
        HandoffStep.Connecting, HandoffStep.Spawning, HandoffStep.Negotiating, HandoffStep.Draining,
        HandoffStep.Sealing, HandoffStep.RaisingEpoch, HandoffStep.AwaitingReady,
    ];

    [Fact]
    public void A_handoff_does_one_thing_after_the_other_and_each_after_its_record()
    {
        var stage = new Stage().Started();
        stage.Done.Clear();
        stage.Wanted().Settle();
        stage.Done.ShouldBe(
        [
            "HelloAck to Incumbent",
            "spawn Successor 1.1",
            "store Negotiating",
            "HelloAck to Successor",
            "plan silence",
            "announce Running",
            "PrepareHandoff to Incumbent",
            "store Sealing",
            "SealRequest to Incumbent",
            "store RaisingEpoch",
            "raise epoch",
            "store AwaitingReady",
            "Begin to Successor",
            "store Committed",
            "Commit to Successor",
            "Commit to Incumbent",
            "watch 1.1",
            "announce Committed",
            "store serving",
        ]);
        stage.Serving.Identity.Build.ShouldBe(Stage.New);
        stage.Supervisor.State.ShouldBeOfType<DaemonState.Serving>().Process.ShouldBe(stage.Serving.Identity);
        stage.Disk.ShouldBe(new DaemonJournal { Build = Stage.New, Process = stage.Serving.Identity });
    }

    [Fact]
    public void A_successor_whose_Ready_was_heard_serves_without_being_asked_again()
    {
        var stage = new Stage().Started().Wanted();
        stage.Settle(() => stage.At is null && stage.Supervisor.State is DaemonState.Serving);
        stage.IsServing.ShouldBeTrue();
        stage.Supervisor.State.ShouldBeOfType<DaemonState.Serving>().Process.Build.ShouldBe(Stage.New);
        stage.Lanes.ShouldNotContain("probe");
    }

    [Theory]
    [MemberData(nameof(BeforeReady))]
    public void An_abort_at_any_step_leaves_the_old_process_serving_and_the_new_one_gone(HandoffStep step)
    {
        var stage = new Stage().Started().Wanted().Reach(step);
        stage.Done.Clear();
        stage.Step(new SupervisorInput.AbortWanted("asked"));
        stage.Answer!.Code.ShouldBeNull();
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
        stage.Actors.Skip(1).ShouldAllBe(actor => !actor.Lives);
        stage.Disk!.Handoff.ShouldBeNull();
        stage.Done.ShouldContain("announce Aborted");
        stage.Done.Contains("ResumeAfterAbort to Incumbent").ShouldBe(step >= HandoffStep.Draining);
        var raised = stage.Done.Count(done => done == "raise epoch");
        if (step == HandoffStep.AwaitingReady) raised.ShouldBe(1, "between the successor's end and the resume");
    }

    [Theory]
    [MemberData(nameof(BeforeReady))]
    public void A_successor_that_dies_at_any_step_leaves_the_old_process_serving(HandoffStep step)
    {
        var stage = new Stage().Started().Wanted().Reach(step);
        if (stage.Actors.Count > 1) stage.Kill(stage.Actors[1]);
        else stage.Step(new SupervisorInput.SpawnFailed(Peer.Successor, "no such program"));
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        if (step != HandoffStep.Connecting) stage.Serving.Identity.Build.ShouldBe(Stage.Old);
    }

    [Theory]
    [MemberData(nameof(BeforeReady))]
    public void An_incumbent_that_dies_at_any_step_leaves_somebody_serving(HandoffStep step)
    {
        var stage = new Stage().Started().Wanted().Reach(step);
        stage.Kill(stage.Actors[0]);
        stage.Settle();
        stage.Pass(TimeSpan.FromSeconds(2));
        stage.Settle();
        stage.IsServing.ShouldBeTrue();

        // Sealed is sealed: then the successor goes on with it.
        var wanted = step >= HandoffStep.RaisingEpoch ? Stage.New : Stage.Old;
        stage.Serving.Identity.Build.ShouldBe(wanted);
    }

    [Fact]
    public void A_successor_with_less_than_was_sealed_is_not_let_in()
    {
        var stage = new Stage { Found = new Revisions(7, 8) }.Started().Wanted().Settle();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
        stage.Done.ShouldContain("announce Aborted");
        stage.Done.ShouldNotContain("store Committed");
    }

    [Fact]
    public void A_successor_that_is_not_healthy_is_not_let_in()
    {
        var stage = new Stage { IsHealthy = false }.Started().Wanted().Settle();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
    }

    [Fact]
    public void Without_the_directory_a_fenced_daemon_is_not_handed_over()
    {
        var stage = new Stage().Started();
        stage.DirectoryAway = "nobody answers";
        stage.Wanted().Settle();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
        stage.Done.ShouldNotContain("Begin to Successor");
    }

    [Fact]
    public void Without_the_directory_a_daemon_that_may_go_unfenced_does_and_says_so()
    {
        var stage = new Stage(mayGoUnfenced: true).Started();
        stage.DirectoryAway = "nobody answers";
        stage.Wanted().Reach(HandoffStep.AwaitingReady);
        ((DaemonState.Handing)stage.Supervisor.State).Course.Reason.ShouldBe("unfenced: nobody answers");
        stage.Settle();
        stage.Serving.Identity.Build.ShouldBe(Stage.New);
    }

    [Theory]
    [MemberData(nameof(BeforeReady))]
    public void What_cannot_be_recorded_is_not_done(HandoffStep step)
    {
        var stage = new Stage().Started().Wanted().Reach(step);
        stage.DiskFails = true;
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
    }

    [Fact]
    public void A_stalled_incumbent_is_given_up_and_not_before()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.Draining);
        stage.Pass(TimeSpan.FromSeconds(9));
        stage.Step(new SupervisorInput.Heard(Peer.Incumbent, new HandoffMessage.Heartbeat(1)));
        stage.Pass(TimeSpan.FromSeconds(9));
        stage.At.ShouldBe(HandoffStep.Draining);
        stage.Pass(TimeSpan.FromSeconds(2));
        stage.At.ShouldBe(HandoffStep.Aborting);
    }

    [Fact]
    public void An_incumbent_that_beats_but_never_ends_is_given_up_at_the_deadline()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.Draining);
        for (var second = 0; second < 60; second++)
        {
            stage.At.ShouldBe(HandoffStep.Draining);
            stage.Step(new SupervisorInput.Heard(Peer.Incumbent, new HandoffMessage.Heartbeat(1)));
            stage.Pass(TimeSpan.FromSeconds(1));
        }

        stage.Pass(TimeSpan.FromSeconds(1));
        stage.At.ShouldBe(HandoffStep.Aborting);
    }

    [Fact]
    public void Nothing_is_aborted_after_the_commit_and_a_second_handoff_waits_for_the_first()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.Draining);
        stage.Step(new SupervisorInput.HandoffWanted(new HandoffId(Guid.NewGuid()), Stage.New));
        stage.Answer!.Code.ShouldBe("handoffInProgress");
        stage.Answer.Handoff.ShouldBe(Stage.Handoff);
        stage.Reach(HandoffStep.Committed);
        stage.Step(new SupervisorInput.AbortWanted("asked"));
        stage.Answer.Code.ShouldBe("tooLate");
        stage.Settle();
        stage.Step(new SupervisorInput.AbortWanted("asked"));
        stage.Answer.Code.ShouldBe("noHandoff");
    }

    [Fact]
    public void A_foreign_process_on_the_control_path_is_not_spoken_with()
    {
        var stage = new Stage().Started();
        stage.Step(new SupervisorInput.HandoffWanted(Stage.Handoff, Stage.New));
        stage.Step(new SupervisorInput.Heard(
            Peer.Incumbent, new HandoffMessage.Hello(HandoffRole.Incumbent, 4711, default, 1, 1, 0)));
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        stage.Done.ShouldNotContain("spawn Successor 1.1");
    }

    [Fact]
    public void Out_of_order_messages_abort_and_repeated_progress_does_not()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.Draining);
        stage.Step(new SupervisorInput.Heard(Peer.Incumbent, new HandoffMessage.SealProgress(1, 2, 3)));
        stage.At.ShouldBe(HandoffStep.Draining);
        stage.Step(new SupervisorInput.Heard(
            Peer.Incumbent, new HandoffMessage.SealComplete(Stage.Handoff, Stage.Revisions, default)));
        stage.At.ShouldBe(HandoffStep.Aborting);
    }
}
