using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

/// <summary>An abort is over when somebody was seen to serve, and a start is.</summary>
public sealed class WayBackTests
{
    [Fact]
    public void An_incumbent_whose_seal_hangs_is_ended_after_its_grace_and_its_build_started_anew()
    {
        var stage = new Stage { SealHangs = true }.Started().Wanted().Reach(HandoffStep.Sealing);
        stage.Settle();
        stage.Step(new SupervisorInput.AbortWanted("asked"));
        stage.Settle();
        stage.Pass(TimeSpan.FromSeconds(29));
        stage.At.ShouldBe(HandoffStep.Aborting, "it was told, and was not seen to serve");
        stage.Done.ShouldNotContain("announce Aborted");
        stage.Actors[0].Lives.ShouldBeTrue();

        stage.SettleInTime(TimeSpan.FromSeconds(2));

        stage.Actors[0].Lives.ShouldBeFalse();
        stage.Done.ShouldContain("announce Aborted");
        stage.IsServing.ShouldBeTrue();
        (stage.Serving.Identity.Build, stage.Serving.Epoch).ShouldBe((Stage.Old, stage.Epoch));
    }

    [Fact]
    public void A_stop_while_nobody_was_seen_to_serve_leaves_nobody_running()
    {
        var stage = new Stage { SealHangs = true }.Started().Wanted().Reach(HandoffStep.Sealing);
        stage.Settle();
        stage.Step(new SupervisorInput.AbortWanted("asked"));
        stage.Settle();
        stage.Step(new SupervisorInput.Stop());
        stage.Settle();
        stage.Supervisor.State.ShouldBeOfType<DaemonState.Stopped>();
        stage.Actors.ShouldAllBe(actor => !actor.Lives);
    }

    [Fact]
    public void A_start_counts_when_it_was_seen_to_serve_and_is_not_handed_over_before()
    {
        var stage = new Stage(isFenced: false);
        stage.Step(new SupervisorInput.Begin(new DaemonJournal { Build = Stage.Old }, false, false));
        stage.Settle(() => !stage.Lanes.Except(["probe"]).Any());
        stage.IsServing.ShouldBeFalse();
        stage.Wanted().Answer!.Code.ShouldBe("notServing");

        stage.Step(new SupervisorInput.Probed(null));
        stage.IsServing.ShouldBeFalse();
        stage.Pass(TimeSpan.FromSeconds(1));
        stage.Settle();

        stage.IsServing.ShouldBeTrue();
        stage.Wanted().Answer!.Code.ShouldBeNull();
    }

    [Fact]
    public void A_peer_that_talks_on_while_a_record_is_written_is_lost_and_nothing_else_is()
    {
        var stage = new Stage().Started().Wanted().Reach(HandoffStep.Sealing);
        for (var i = 0; i < 100_000; i++)
        {
            stage.Step(new SupervisorInput.Heard(Peer.Incumbent, new HandoffMessage.SealProgress(1, 2, 3)));
        }

        stage.Deliver("disk");

        var course = stage.Supervisor.State.ShouldBeOfType<DaemonState.Handing>().Course;
        course.Reason.ShouldBe("the incumbent was lost: it said more than 256 things while a record was written");
        stage.SettleInTime();
        stage.IsServing.ShouldBeTrue();
        stage.Serving.Identity.Build.ShouldBe(Stage.Old);
    }
}
