using Holdfast.Handoff.Protocol.Supervision;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

/// <summary>Stops that come at the worst moment.</summary>
public sealed class StopMishapTests
{
    [Fact]
    public void A_stop_while_a_process_starts_waits_for_it_and_ends_it()
    {
        var stage = new Stage(isFenced: false);
        stage.Step(new SupervisorInput.Begin(new DaemonJournal { Build = Stage.Old }, false, false));
        stage.Step(new SupervisorInput.Stop());
        stage.Supervisor.State.ShouldNotBeOfType<DaemonState.Stopped>();
        stage.Settle();
        stage.Supervisor.State.ShouldBeOfType<DaemonState.Stopped>();
        stage.Actors.ShouldAllBe(actor => !actor.Lives);
    }
}
