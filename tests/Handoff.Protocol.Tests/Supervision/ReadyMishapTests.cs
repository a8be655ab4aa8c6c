using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

/// <summary>What goes wrong between Begin and Commit.</summary>
public sealed class ReadyMishapTests
{
    [Fact]
    public void While_the_commit_is_not_recorded_a_ready_successor_is_left_to_its_silence_in_time()
    {
        var stage = new Stage().Started().Wanted();
        stage.Settle(() => stage.Done.Contains("store Committed"));
        var readyAt = stage.Now;
        stage.Pass(TimeSpan.FromSeconds(20));
        stage.BeatenAt.ShouldBeGreaterThan(readyAt);
        (stage.BeatenAt - readyAt).ShouldBeLessThanOrEqualTo(SupervisionOptions.AbortWindow);
        stage.Settle();
        stage.Serving.Identity.Build.ShouldBe(Stage.New);
    }

    [Fact]
    public void A_successor_that_says_nothing_while_it_opens_is_given_up()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.AwaitingReady);
        stage.Deliver("disk");
        stage.Pass(TimeSpan.FromSeconds(9));
        stage.Step(new SupervisorInput.Heard(Peer.Successor, new HandoffMessage.Heartbeat(1)));
        stage.Pass(TimeSpan.FromSeconds(9));
        stage.At.ShouldBe(HandoffStep.AwaitingReady);
        stage.Pass(TimeSpan.FromSeconds(2));
        stage.At.ShouldBe(HandoffStep.Aborting);
    }

    [Fact]
    public void A_successor_that_died_while_the_commit_was_recorded_does_not_cost_the_incumbent()
    {
        var stage = new Stage().Started().Wanted();
        stage.Settle(() => stage.Done.Contains("store Committed"));
        stage.Kill(stage.Actors[1]);
        stage.Deliver("a process ends");
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.ShouldBe(stage.Actors[0]);
        stage.Serving.Epoch.ShouldBe(stage.Epoch);
        stage.Disk!.Build.ShouldBe(Stage.Old);
    }

    [Fact]
    public void A_supervisor_that_stalled_asks_who_serves_before_it_ends_a_successor()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.AwaitingReady);
        stage.Deliver("disk");
        stage.Stall(TimeSpan.FromSeconds(90));
        stage.Done.ShouldNotContain("kill 1.1");
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.New);
    }

    [Fact]
    public void A_supervisor_that_stalled_aborts_where_the_successor_does_not_serve()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.AwaitingReady);
        stage.Stall(TimeSpan.FromSeconds(90));
        stage.Deliver("disk");
        stage.Done.ShouldNotContain("announce Aborted");
        stage.SettleInTime();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
    }
}
