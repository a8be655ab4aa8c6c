using Holdfast.Handoff.Protocol.Supervision;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

public sealed class RecoveryTests
{
    [Fact]
    public void A_process_found_after_a_commit_whose_successor_is_dead_serves_on()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.Committed);
        var committed = stage.Disk!;
        committed.Handoff!.Step.ShouldBe(HandoffStep.Committed);
        var found = new DaemonProcess(999, 1, Stage.New);
        committed.Adopt(found).ShouldBe(new DaemonJournal { Build = Stage.New, Process = found });
        var earlier = committed with { Handoff = committed.Handoff with { Step = HandoffStep.AwaitingReady } };
        earlier.Adopt(found).Handoff.ShouldBe(earlier.Handoff, "what was not committed goes back");
    }

    [Fact]
    public void A_new_supervisor_takes_on_the_process_that_serves()
    {
        var stage = new Stage().Started();
        stage.Done.Clear();
        stage.Restart();
        stage.Settle();
        stage.Done.ShouldBe(["-- the supervisor died", "store serving", "watch 1.0"]);
        stage.IsServing.ShouldBeTrue();
    }

    [Theory]
    [InlineData(HandoffStep.Negotiating)]
    [InlineData(HandoffStep.Draining)]
    [InlineData(HandoffStep.Sealing)]
    [InlineData(HandoffStep.RaisingEpoch)]
    public void Before_the_successor_was_begun_with_everything_goes_back(HandoffStep step)
    {
        var stage = new Stage().Started().Wanted().Reach(step);
        stage.Restart();
        stage.Settle();
        stage.Pass(TimeSpan.FromSeconds(1));
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
        stage.Done.ShouldContain("announce Aborted");
    }

    [Fact]
    public void A_successor_that_said_ready_took_the_death_for_commit_and_is_found_on_the_control_path()
    {
        var stage = new Stage().Started().Wanted();
        stage.Settle(() => stage.Actors.Exists(actor => actor.SaidReady));
        stage.Disk!.Handoff!.Step.ShouldBe(HandoffStep.AwaitingReady);
        stage.Restart();
        stage.Pass(TimeSpan.FromSeconds(1));
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.New);
        stage.Done.ShouldContain("announce Committed");
    }

    [Fact]
    public void A_commit_that_is_on_disk_goes_forward()
    {
        var stage = new Stage().Started().Wanted();
        stage.Settle(() => stage.Disk!.Handoff?.Step == HandoffStep.Committed);
        stage.Restart();
        stage.Pass(TimeSpan.FromSeconds(31));
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.New);
        stage.Actors[0].Lives.ShouldBeFalse("an incumbent that does not end is ended");
    }

    [Fact]
    public void A_commit_whose_successor_died_is_still_a_commit()
    {
        var stage = new Stage().Started().Wanted();
        stage.Settle(() => stage.Disk!.Handoff?.Step == HandoffStep.Committed);
        stage.Kill(stage.Actors[1]);
        stage.Kill(stage.Actors[0]);
        stage.Restart();
        stage.Settle();
        stage.Pass(TimeSpan.FromSeconds(1));
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.New);
    }

    [Fact]
    public void An_abort_under_way_is_finished()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.AwaitingReady);
        stage.Step(new SupervisorInput.AbortWanted("asked"));
        stage.Settle(() => stage.Disk!.Handoff?.Step == HandoffStep.Aborting);
        stage.Restart();
        stage.SettleInTime();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
    }

    [Fact]
    public void When_both_died_with_the_supervisor_the_old_build_is_started()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.Sealing);
        foreach (var actor in stage.Actors) stage.Kill(actor);
        stage.Restart();
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
    }
}
