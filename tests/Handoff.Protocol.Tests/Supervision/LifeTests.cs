using Holdfast.Handoff.Protocol.Supervision;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

public sealed class LifeTests
{
    [Fact]
    public void A_fenced_daemon_is_started_under_a_new_epoch_and_watched()
    {
        var stage = new Stage().Started();
        stage.Done.ShouldBe(["raise epoch", "spawn Incumbent 1.0", "store serving", "watch 1.0"]);
    }

    [Fact]
    public void A_daemon_without_a_fence_needs_no_epoch()
    {
        var stage = new Stage(isFenced: false).Started();
        stage.Done.ShouldBe(["spawn Incumbent 1.0", "store serving", "watch 1.0"]);
        stage.Wanted().Settle();
        stage.Serving.Identity.Build.ShouldBe(Stage.New);
        stage.Done.ShouldNotContain("raise epoch");
    }

    [Fact]
    public void A_first_start_waits_for_its_epoch()
    {
        var stage = new Stage { DirectoryAway = "nobody answers" }.Started();
        stage.Actors.ShouldBeEmpty();
        stage.DirectoryAway = null;
        stage.Pass(TimeSpan.FromSeconds(1));
        stage.Settle();
        stage.IsServing.ShouldBeTrue();
    }

    [Fact]
    public void A_later_start_goes_on_with_the_epoch_of_its_last_life()
    {
        var stage = new Stage { DirectoryAway = "nobody answers", HasOldEpoch = true }.Started();
        stage.IsServing.ShouldBeTrue();
    }

    [Fact]
    public void A_daemon_that_keeps_dying_is_started_with_growing_pauses_and_a_good_life_forgives_all()
    {
        var stage = new Stage(isFenced: false).Started();
        var pauses = new List<double>();
        for (var death = 0; death < 9; death++)
        {
            stage.Kill(stage.Serving);
            stage.Settle();
            var waiting = stage.Supervisor.State.ShouldBeOfType<DaemonState.Waiting>();
            var pause = waiting.StartAt - stage.Now;
            pauses.Add(pause.TotalSeconds);
            stage.Pass(pause);
            stage.Settle();
            stage.IsServing.ShouldBeTrue();
        }

        pauses.ShouldBe([0.5, 1, 2, 4, 8, 16, 32, 60, 60]);
        stage.Pass(TimeSpan.FromMinutes(2));
        stage.Kill(stage.Serving);
        stage.Settle();
        var after = stage.Supervisor.State.ShouldBeOfType<DaemonState.Waiting>();
        (after.StartAt - stage.Now).ShouldBe(TimeSpan.FromSeconds(0.5));
    }

    [Fact]
    public void A_stop_ends_the_daemon_in_order_and_tells_the_agent_first()
    {
        var stage = new Stage().Started();
        stage.Done.Clear();
        stage.Step(new SupervisorInput.Stop());
        stage.Done.ShouldBe(["forget"]);
        stage.Settle();
        stage.Done.ShouldBe(["forget", "end 1.0", "store nobody"]);
        stage.Supervisor.State.ShouldBeOfType<DaemonState.Stopped>();
        stage.Disk.ShouldBe(new DaemonJournal { Build = Stage.Old });
    }

    [Theory]
    [MemberData(nameof(HandoverTests.BeforeReady), MemberType = typeof(HandoverTests))]
    public void A_stop_during_a_handoff_leaves_nobody_running(HandoffStep step)
    {
        var stage = new Stage().Started().Wanted().Reach(step);
        stage.Step(new SupervisorInput.Stop());
        stage.Settle();
        stage.Supervisor.State.ShouldBeOfType<DaemonState.Stopped>();
        stage.Actors.ShouldAllBe(actor => !actor.Lives);
    }
}
