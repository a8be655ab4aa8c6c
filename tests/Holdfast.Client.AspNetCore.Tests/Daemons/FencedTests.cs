using static Holdfast.Handoff.Wire.HandoffMessage;

namespace Holdfast.Client.AspNetCore.Daemons;

/// <summary>The epoch of a daemon whose supervisor went away in the middle.</summary>
public sealed class FencedTests
{
    private const string Before = "0001000000000007-0000000000000001";
    private const string Raised = "0001000000000007-0000000000000002";
    private const string RaisedAgain = "0001000000000007-0000000000000003";

    [Fact]
    public async Task What_a_supervisor_raised_before_it_went_away_is_taken_from_the_epoch_file_and_what_follows_too()
    {
        await using var nest = new DaemonNest();
        await File.WriteAllTextAsync(nest.EpochFile, Before + "\n");
        nest.StartCold("v1");
        await using var load = new CounterLoad(nest.Address, clients: 1);
        await load.AnsweredAsync(1);
        await using var supervisor = new ScriptedSupervisor(nest);
        await supervisor.GreetIncumbentAsync();
        await supervisor.DrainAsync();
        await supervisor.SealAsync();
        nest.WriteEpoch(Raised);

        await supervisor.DisposeAsync();

        await load.WrittenUnderAsync(nest.Address, Raised);
        nest.WriteEpoch(RaisedAgain);
        await load.WrittenUnderAsync(nest.Address, RaisedAgain);
        await load.StopAsync();
        load.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_counter_with_a_grain_of_its_own_starts_with_the_way_to_raise_it()
    {
        await using var nest = new DaemonNest();
        await File.WriteAllTextAsync(nest.EpochFile, Before + "\n");
        nest.Environment["HandoffDaemon__Grain"] = "edge-1/counter";
        nest.Environment["HandoffDaemon__Cluster"] = "edge";
        nest.Environment["ConsensusClient__Endpoints__0"] = "http://127.0.0.1:1";
        nest.StartCold("v1");

        await using (var load = new CounterLoad(nest.Address, clients: 1)) await load.AnsweredAsync(1);

        (await CounterLoad.ReadAsync(nest.Address)).Epoch.ShouldBe(Before);
    }

    [Fact]
    public async Task An_incumbent_told_Commit_leaves_the_control_path_to_the_one_that_takes_over()
    {
        await using var nest = new DaemonNest();
        var old = nest.StartCold("v1");
        await CounterLoad.ReadAsync(nest.Address);
        await using var supervisor = new ScriptedSupervisor(nest);
        await supervisor.GreetIncumbentAsync();
        await supervisor.DrainAsync();
        await supervisor.SealAsync();

        await supervisor.TellIncumbentAsync(new Commit(supervisor.Handoff));

        (await old.ExitAsync("the incumbent")).ShouldBe(0, old.Said);
        File.Exists(nest.ControlPath).ShouldBeTrue();
    }

    [Fact]
    public async Task A_seal_of_a_handoff_that_was_given_up_does_not_hold_up_the_serving()
    {
        await using var nest = new DaemonNest();
        nest.Environment["Counter__SealPause"] = "00:10:00";
        nest.StartCold("v1");
        await using var load = new CounterLoad(nest.Address, clients: 1);
        await load.AnsweredAsync(1);
        await using var supervisor = new ScriptedSupervisor(nest);
        await supervisor.GreetIncumbentAsync();
        await supervisor.DrainAsync();
        await supervisor.TellIncumbentAsync(new SealRequest(supervisor.Handoff));

        await supervisor.TellIncumbentAsync(new Abort(supervisor.Handoff, "the test says so"));

        await load.AnsweredAsync(5);
        await load.StopAsync();
        load.Failures.ShouldBeEmpty();
    }
}
