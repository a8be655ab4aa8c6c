using Holdfast.Handoff.Service.Tests.World;
using Holdfast.Servers;

namespace Holdfast.Handoff.Service.Tests;

/// <summary>The supervisor gets SIGKILL, under load, and another one takes on what it left.</summary>
public sealed class SupervisorDeathTests
{
    private const string SlowSeal = """{ "Counter": { "SealPause": "00:00:03" } }""";

    [Fact]
    public async Task A_daemon_outlives_its_supervisor_and_the_next_one_hands_it_over_without_a_failed_request()
    {
        using var builds = new CounterBuilds();
        builds.Add("1.1", "{}");
        var port = FreePort.Next();
        await using var load = await FirstLifeAsync(builds, port, async supervisor =>
        {
            await supervisor.ServingAsync();
        });
        await using var second = await SupervisorProcess.StartAsync(builds.Settings(port));
        await second.ServingAsync();
        await load.MoreAsync(20);
        await second.HandOverAsync("1.1");
        await second.DaemonAsync("handed over", daemon => daemon is { State: "serving", Build: "1.1" });
        await load.MoreAsync(20);
        await EndsWellAsync(load, port, "1.1");
    }

    [Fact]
    public async Task A_process_that_no_journal_names_is_found_by_its_control_path()
    {
        using var builds = new CounterBuilds();
        var port = FreePort.Next();
        var pid = 0;
        await using var load = await FirstLifeAsync(
            builds, port, async supervisor => pid = (await supervisor.ServingAsync()).Pid!.Value);
        File.Delete(Path.Combine(builds.State, "counter.journal"));
        await using var second = await SupervisorProcess.StartAsync(builds.Settings(port));
        (await second.ServingAsync()).Pid.ShouldBe(pid);
        await load.MoreAsync(20);
        await EndsWellAsync(load, port, "1.0");
    }

    [Theory]
    [InlineData("spawning")]
    [InlineData("sealing")]
    public async Task A_death_before_ready_leaves_the_old_process_serving(string step)
    {
        using var builds = new CounterBuilds();
        builds.Add("slow", SlowSeal);
        builds.Add("1.1", "{}");
        var port = FreePort.Next();
        var settings = builds.Settings(port);
        settings["Handoff:Daemons:0:Build"] = "slow";
        await using var load = await FirstLifeAsync(
            builds,
            port,
            async supervisor =>
            {
                await supervisor.HandOverAsync("1.1");
                await supervisor.DaemonAsync(step, daemon => daemon.Handoff?.Step == step);
            },
            settings);
        await using var second = await SupervisorProcess.StartAsync(settings);
        var serving = await second.ServingAsync();
        serving.Build.ShouldBe("slow");
        await load.MoreAsync(20);
        await EndsWellAsync(load, port, "slow");
    }

    [Fact]
    public async Task A_death_after_the_seal_leaves_one_process_serving_whichever_it_is()
    {
        using var builds = new CounterBuilds();
        builds.Add("1.1", "{}");
        var port = FreePort.Next();
        await using var load = await FirstLifeAsync(builds, port, async supervisor =>
        {
            await supervisor.HandOverAsync("1.1");
            await supervisor.DaemonAsync(
                "sealed", daemon => daemon.Handoff?.Step is "awaitingReady" or "committed" || daemon.Build == "1.1");
        });
        await using var second = await SupervisorProcess.StartAsync(builds.Settings(port));
        var serving = await second.ServingAsync();
        await load.MoreAsync(20);
        await EndsWellAsync(load, port, serving.Build);
        (await CounterLoad.ReadAsync(port)).Pid.ShouldBe(serving.Pid!.Value);
    }

    private static async Task<CounterLoad> FirstLifeAsync(
        CounterBuilds builds,
        int port,
        Func<SupervisorProcess, Task> live,
        Dictionary<string, string?>? settings = null)
    {
        var first = await SupervisorProcess.StartAsync(settings ?? builds.Settings(port));
        await first.ServingAsync();
        var load = CounterLoad.Start(port);
        await load.MoreAsync(20);
        await live(first);
        await first.KillAsync();
        return load;
    }

    private static async Task EndsWellAsync(CounterLoad load, int port, string build)
    {
        var acknowledged = await load.StopAsync();
        load.Failures.ShouldBeEmpty();
        var seen = await CounterLoad.ReadAsync(port);
        (seen.Value, seen.Build).ShouldBe((acknowledged, build));
    }
}
