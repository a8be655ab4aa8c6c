using Holdfast.Handoff.Protocol.Supervision;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

/// <summary>Epochs that are raised late, never, or by nobody who lives.</summary>
public sealed class EpochMishapTests
{
    [Theory]
    [InlineData(HandoffStep.RaisingEpoch)]
    [InlineData(HandoffStep.AwaitingReady)]
    public void A_new_supervisor_gives_the_incumbent_a_newer_epoch_than_its_successor_had(HandoffStep step)
    {
        var stage = new Stage().Started().Wanted().Reach(step);
        stage.Restart();
        stage.SettleInTime();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
        stage.Serving.Epoch.ShouldBe(stage.Epoch);
        stage.Done[^4..].ShouldBe(
            ["HelloAck to Incumbent", "ResumeAfterAbort to Incumbent", "announce Aborted", "end silence"]);
    }

    [Fact]
    public void An_incumbent_whose_stream_broke_is_called_again_and_told_of_its_epoch()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.AwaitingReady);
        stage.CutIncumbent();
        stage.At.ShouldBe(HandoffStep.AwaitingReady);
        stage.Kill(stage.Actors[1]);
        stage.SettleInTime();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
        stage.Serving.Epoch.ShouldBe(stage.Epoch);
    }

    [Fact]
    public void An_incumbent_that_cannot_be_called_is_ended_and_its_build_started_anew()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.RaisingEpoch);
        stage.Restart();
        stage.Settle(() => stage.Lanes.Contains("incumbent"));
        stage.Lanes.ShouldContain("incumbent");
        stage.Pass(TimeSpan.FromSeconds(31));
        stage.Done.ShouldContain("kill 1.0");
        stage.SettleInTime();
        stage.Done.ShouldContain("announce Aborted");
        stage.IsServing.ShouldBeTrue();
        (stage.Serving.Identity.Build, stage.Serving.Epoch).ShouldBe((Stage.Old, stage.Epoch));
        stage.Serving.ShouldNotBe(stage.Actors[0]);
    }

    [Fact]
    public void A_late_epoch_does_not_resume_the_incumbent_before_its_successor_is_gone()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.RaisingEpoch);
        stage.Settle(() => stage.Lanes.Contains("epoch"));
        stage.Step(new SupervisorInput.AbortWanted("asked"));
        stage.Deliver("disk");
        stage.At.ShouldBe(HandoffStep.Aborting);
        stage.Deliver("epoch");
        stage.At.ShouldBe(HandoffStep.Aborting);
        stage.Done.ShouldNotContain("ResumeAfterAbort to Incumbent");
        stage.Settle();
        stage.Serving.Epoch.ShouldBe(stage.Epoch);
    }

    [Fact]
    public void A_start_whose_epoch_is_never_answered_asks_again()
    {
        var stage = new Stage();
        stage.Step(new SupervisorInput.Begin(new DaemonJournal { Build = Stage.Old }, false, false));
        stage.Pass(TimeSpan.FromSeconds(32));
        stage.Done.ShouldBe(["raise epoch", "raise epoch"]);
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        stage.Actors.Count.ShouldBe(1);
    }

    [Fact]
    public void An_abort_whose_epoch_is_never_answered_resumes_all_the_same()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.AwaitingReady);
        stage.Step(new SupervisorInput.AbortWanted("asked"));
        stage.Settle(() => stage.Done.Count(done => done == "raise epoch") == 3);
        stage.At.ShouldBe(HandoffStep.Aborting);
        stage.Pass(TimeSpan.FromSeconds(31));
        stage.Done.ShouldContain("ResumeAfterAbort to Incumbent");
    }
}
