using static Holdfast.Handoff.Wire.HandoffMessage;

namespace Holdfast.Client.AspNetCore.Daemons;

/// <summary>The counter as real processes under a supervisor that follows a script.</summary>
public sealed class HandedOverTests
{
    [Fact]
    public async Task A_committed_handoff_under_load_fails_no_request_and_loses_no_write()
    {
        await using var nest = new DaemonNest();
        var old = nest.StartCold("v1");
        await using var load = new CounterLoad(nest.Address);
        await load.AnsweredAsync(20);
        await using var supervisor = new ScriptedSupervisor(nest);

        (await supervisor.GreetIncumbentAsync()).Build.ToString().ShouldBe("v1");
        (await supervisor.StartSuccessorAsync("v2")).Pid.ShouldBe((uint)supervisor.Successor!.Pid);
        (await supervisor.DrainAsync()).ShouldBe(new Drained(0, AcceptClosed: true));
        var seal = await supervisor.SealAsync();
        var ready = await supervisor.BeginAsync();
        ready.HealthzOk.ShouldBeTrue();
        ready.AdvertisedRevisions.Cover(seal.LastRevisions).ShouldBeTrue();
        await supervisor.TellIncumbentAsync(new Commit(supervisor.Handoff));
        await supervisor.TellSuccessorAsync(new Commit(supervisor.Handoff));
        await load.AnsweredAsync(40);
        (await old.ExitAsync("the incumbent")).ShouldBe(0, old.Said);
        await load.StopAsync();

        load.Failures.ShouldBeEmpty();
        var state = await CounterLoad.ReadAsync(nest.Address);
        state.Build.ShouldBe("v2");
        state.Pid.ShouldBe(supervisor.Successor.Pid);
        state.Value.ShouldBe(load.Acknowledged);
    }

    [Fact]
    public async Task Handoffs_can_follow_each_other()
    {
        await using var nest = new DaemonNest();
        var serving = nest.StartCold("v0");
        await using var load = new CounterLoad(nest.Address, clients: 2);
        await load.AnsweredAsync(5);
        for (var i = 1; i <= 3; i++)
        {
            await using var supervisor = new ScriptedSupervisor(nest);
            (await supervisor.GreetIncumbentAsync()).Pid.ShouldBe((uint)serving.Pid);
            await supervisor.StartSuccessorAsync($"v{i}");
            await supervisor.DrainAsync();
            await supervisor.SealAsync();
            await supervisor.BeginAsync();
            await supervisor.TellIncumbentAsync(new Commit(supervisor.Handoff));
            await supervisor.TellSuccessorAsync(new Commit(supervisor.Handoff));
            (await serving.ExitAsync("the incumbent")).ShouldBe(0, serving.Said);
            serving = supervisor.Successor!;
            await load.AnsweredAsync(5);
        }

        await load.StopAsync();
        load.Failures.ShouldBeEmpty();
        (await CounterLoad.ReadAsync(nest.Address)).Value.ShouldBe(load.Acknowledged);
    }

    [Theory]
    [InlineData("drained")]
    [InlineData("sealed")]
    [InlineData("ready")]
    public async Task An_aborted_handoff_under_load_leaves_the_old_process_serving_as_before(string step)
    {
        await using var nest = new DaemonNest();
        var old = nest.StartCold("v1");
        await using var load = new CounterLoad(nest.Address);
        await load.AnsweredAsync(20);
        await using var supervisor = new ScriptedSupervisor(nest);
        await supervisor.GreetIncumbentAsync();
        await supervisor.StartSuccessorAsync("v2");
        await supervisor.DrainAsync();
        if (step != "drained") await supervisor.SealAsync();
        if (step == "ready") await supervisor.BeginAsync();

        await supervisor.TellSuccessorAsync(new Abort(supervisor.Handoff, "the test says so"));
        (await supervisor.Successor!.ExitAsync("the successor")).ShouldBe(75, supervisor.Successor.Said);
        await supervisor.TellIncumbentAsync(new ResumeAfterAbort(supervisor.Handoff));
        await load.AnsweredAsync(40);
        await load.StopAsync();

        load.Failures.ShouldBeEmpty();
        var state = await CounterLoad.ReadAsync(nest.Address);
        state.Pid.ShouldBe(old.Pid);
        state.Value.ShouldBe(load.Acknowledged);

        // And it can be handed over after all.
        await using var second = new ScriptedSupervisor(nest);
        (await second.GreetIncumbentAsync()).Pid.ShouldBe((uint)old.Pid);
    }

    [Fact]
    public async Task A_build_that_is_not_well_says_so_and_gives_up_without_a_commit()
    {
        await using var nest = new DaemonNest();
        var old = nest.StartCold("v1");
        await CounterLoad.ReadAsync(nest.Address);
        nest.Environment["Counter__Unhealthy"] = "true";
        await using var supervisor = new ScriptedSupervisor(nest);
        await supervisor.GreetIncumbentAsync();
        await supervisor.StartSuccessorAsync("v2");
        await supervisor.DrainAsync();
        await supervisor.SealAsync();

        (await supervisor.BeginAsync()).HealthzOk.ShouldBeFalse();
        await supervisor.DisposeAsync();

        (await supervisor.Successor!.ExitAsync("the successor")).ShouldBe(75, supervisor.Successor.Said);
        (await CounterLoad.ReadAsync(nest.Address)).Pid.ShouldBe(old.Pid);
    }

    [Fact]
    public async Task A_successor_that_finds_other_data_than_was_sealed_gives_up()
    {
        await using var nest = new DaemonNest();
        var old = nest.StartCold("v1");
        await using var supervisor = new ScriptedSupervisor(nest);
        await using (var load = new CounterLoad(nest.Address)) await load.AnsweredAsync(10);
        await supervisor.GreetIncumbentAsync();
        await supervisor.StartSuccessorAsync("v2");
        await supervisor.DrainAsync();
        (await supervisor.SealAsync()).LastRevisions.Highest.ShouldBeGreaterThan(0UL);
        var log = Path.Combine(nest.Data, "counter.log");
        var lines = await File.ReadAllLinesAsync(log);
        await File.WriteAllLinesAsync(log, lines[..^1]);

        await supervisor.TellSuccessorAsync(new Begin(supervisor.Handoff));

        (await supervisor.Successor!.ExitAsync("the successor")).ShouldBe(75);
        supervisor.Successor.Said.ShouldContain("is not what was sealed");
        old.HasExited.ShouldBeFalse();
    }
}
