using static Holdfast.Handoff.Wire.HandoffMessage;

namespace Holdfast.Client.AspNetCore.Daemons;

/// <summary>A supervisor that dies or stalls at each step: one process serves, and exactly one.</summary>
public sealed class LostSupervisorTests
{
    [Theory]
    [InlineData("greeted")]
    [InlineData("prepared")]
    [InlineData("drained")]
    [InlineData("sealing")]
    [InlineData("sealed")]
    public async Task A_supervisor_lost_before_Begin_leaves_the_old_process_serving(string step)
    {
        await using var nest = new DaemonNest();
        var old = nest.StartCold("v1");
        await using var load = new CounterLoad(nest.Address, clients: 2);
        await load.AnsweredAsync(10);
        await using var supervisor = new ScriptedSupervisor(nest);

        await GoAsync(supervisor, step);
        await supervisor.DisposeAsync();

        (await supervisor.Successor!.ExitAsync("the successor")).ShouldBe(75, supervisor.Successor.Said);
        await load.AnsweredAsync(20);
        await load.StopAsync();
        load.Failures.ShouldBeEmpty();
        var state = await CounterLoad.ReadAsync(nest.Address);
        state.Pid.ShouldBe(old.Pid);
        state.Value.ShouldBe(load.Acknowledged);
    }

    [Fact]
    public async Task A_supervisor_lost_after_Ready_leaves_the_new_process_serving()
    {
        await using var nest = new DaemonNest();
        var old = nest.StartCold("v1");
        await using var load = new CounterLoad(nest.Address, clients: 2);
        await load.AnsweredAsync(10);
        await using var supervisor = new ScriptedSupervisor(nest);
        await GoAsync(supervisor, "sealed");
        await supervisor.BeginAsync();

        await supervisor.DisposeAsync();

        (await old.ExitAsync("the incumbent")).ShouldBe(0, old.Said);
        await load.AnsweredAsync(20);
        await load.StopAsync();
        load.Failures.ShouldBeEmpty();
        var state = await CounterLoad.ReadAsync(nest.Address);
        state.Pid.ShouldBe(supervisor.Successor!.Pid);
        state.Value.ShouldBe(load.Acknowledged);
    }

    [Theory]
    [InlineData("drained")]
    [InlineData("sealed")]
    public async Task A_supervisor_that_stalls_is_left_and_the_old_process_serves(string step)
    {
        await using var nest = new DaemonNest();
        var old = nest.StartCold("v1");
        await using var load = new CounterLoad(nest.Address, clients: 2);
        await load.AnsweredAsync(10);
        await using var supervisor = new ScriptedSupervisor(nest);
        await GoAsync(supervisor, step);
        await supervisor.TellIncumbentAsync(new Heartbeat(1));
        await supervisor.TellSuccessorAsync(new Heartbeat(1));

        // From here on it says nothing, and holds both connections.
        await load.AnsweredAsync(20);
        (await supervisor.Successor!.ExitAsync("the successor")).ShouldBe(75, supervisor.Successor.Said);
        await load.StopAsync();

        load.Failures.ShouldBeEmpty();
        var state = await CounterLoad.ReadAsync(nest.Address);
        state.Pid.ShouldBe(old.Pid);
        state.Value.ShouldBe(load.Acknowledged);
    }

    [Fact]
    public async Task A_supervisor_that_stalls_after_Ready_is_left_and_the_new_process_serves()
    {
        await using var nest = new DaemonNest();
        var old = nest.StartCold("v1");
        await CounterLoad.ReadAsync(nest.Address);
        await using var supervisor = new ScriptedSupervisor(nest);
        await GoAsync(supervisor, "sealed");
        await supervisor.TellIncumbentAsync(new Heartbeat(1));
        await supervisor.BeginAsync();

        (await old.ExitAsync("the incumbent")).ShouldBe(0, old.Said);

        (await CounterLoad.ReadAsync(nest.Address)).Pid.ShouldBe(supervisor.Successor!.Pid);
    }

    private static async Task GoAsync(ScriptedSupervisor supervisor, string step)
    {
        await supervisor.GreetIncumbentAsync();
        await supervisor.StartSuccessorAsync("v2");
        if (step == "greeted") return;
        if (step == "prepared")
        {
            await supervisor.TellIncumbentAsync(new PrepareHandoff(supervisor.Handoff, 1, 60_000, 10_000));
            return;
        }

        await supervisor.DrainAsync();
        if (step == "drained") return;
        if (step == "sealing")
        {
            await supervisor.TellIncumbentAsync(new SealRequest(supervisor.Handoff));
            return;
        }

        await supervisor.SealAsync();
    }
}
