using System.Globalization;
using System.Net.Http.Json;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Handoff.Service.Processes;
using Holdfast.Handoff.Service.Tests.World;
using Holdfast.Servers;

namespace Holdfast.Handoff.Service.Tests;

/// <summary>Handoffs beside an agent or a daemon that has trouble of its own, and many of them.</summary>
public sealed class HandoffMishapTests
{
    private const string SlowSeal = """{ "Counter": { "SealPause": "00:05:00" } }""";
    private const int Handoffs = 20;
    private const int DriftMax = 16;
    private const int SignalStop = 19;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_incumbent_that_hangs_in_its_seal_is_ended_and_its_build_started_anew()
    {
        using var builds = new CounterBuilds();
        builds.Add("slow", SlowSeal);
        builds.Add("1.1", "{}");
        var port = FreePort.Next();
        var settings = builds.Settings(port);
        settings["Handoff:Daemons:0:Build"] = "slow";
        settings["Handoff:ExitGrace"] = "00:00:03";
        await using var supervisor = await NodeHost.SupervisorAsync(settings);
        var before = await supervisor.ServingAsync();
        await using (var load = CounterLoad.Start(port, clients: 1)) await load.MoreAsync(5);
        var handoff = await supervisor.HandOverAsync("1.1");
        await supervisor.DaemonAsync("sealing", daemon => daemon.Handoff?.Step == "sealing");

        // Not even the end of its stream reaches it now.
        NativeCalls.Kill(before.Pid!.Value, SignalStop).ShouldBe(0);
        var abort = await supervisor.Http.PostAsJsonAsync(
            "/v1/daemons/counter/abort", new AbortRequest { Reason = "it hangs" }, Cancel);
        abort.IsSuccessStatusCode.ShouldBeTrue(await abort.Content.ReadAsStringAsync(Cancel));

        var ended = await supervisor.EndedAsync(handoff.Id);
        (ended.Outcome, ended.Reason).ShouldBe(("aborted", "it hangs"));
        ended.PauseMs!.Value.ShouldBeGreaterThanOrEqualTo(3_000, "it was not said before somebody was seen to serve");
        var after = await supervisor.ServingAsync();
        (after.Build, after.Pid == before.Pid).ShouldBe(("slow", false));
        (await CounterLoad.ReadAsync(port)).Value.ShouldBeGreaterThanOrEqualTo(5);
    }

    [Fact]
    public async Task A_planned_silence_is_said_again_to_an_agent_that_was_restarted()
    {
        using var builds = new CounterBuilds();
        builds.Add("slow", SlowSeal);
        builds.Add("1.1", "{}");
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        var settings = builds.Settings(FreePort.Next());
        settings["Handoff:Daemons:0:Build"] = "slow";
        settings["Handoff:Agent"] = url;
        await using var first = await NodeHost.AgentAsync(url);
        await using var supervisor = await NodeHost.SupervisorAsync(settings);
        var before = await supervisor.ServingAsync();
        await supervisor.HandOverAsync("1.1");
        await supervisor.DaemonAsync("sealing", daemon => daemon.Handoff?.Step == "sealing");
        var planned = (await WatchedAsync(first, "silent for a while", one => one.SilentUntil is not null)).SilentUntil;
        await first.DisposeAsync();

        await using var second = await NodeHost.AgentAsync(url);

        var again = await WatchedAsync(second, "silent for a while again", one => one.SilentUntil is not null);
        again.Pid.ShouldBe(before.Pid!.Value);
        again.SilentUntil!.Value.ShouldBe(planned!.Value, TimeSpan.FromSeconds(5), "the same end");
        await supervisor.Http.PostAsync("/v1/daemons/counter/abort", null, Cancel);
        await WatchedAsync(second, "not silent any more", one => one.SilentUntil is null);
        second.Bus.Of<WorkloadDown>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_handoffs_leave_no_descriptors_behind()
    {
        using var builds = new CounterBuilds();
        builds.Add("1.1", "{}");
        await using var supervisor = await SupervisorProcess.StartAsync(builds.Settings(FreePort.Next()));
        await supervisor.ServingAsync();
        var before = 0;
        for (var i = 1; i <= Handoffs; i++)
        {
            var build = i % 2 == 0 ? "1.0" : "1.1";
            await supervisor.HandOverAsync(build);
            await supervisor.DaemonAsync(
                $"handed over the {i}th time", daemon => daemon.State == "serving" && daemon.Build == build);
            if (i == 2) before = supervisor.Descriptors;
        }

        (supervisor.Descriptors - before).ShouldBeLessThanOrEqualTo(DriftMax);
    }

    private static async Task<WorkloadAnswer> WatchedAsync(
        NodeHost agent, string what, Func<WorkloadAnswer, bool> fits) => (await Until.SeesAsync(
            $"the counter is {what}",
            async cancel => (await agent.Http.GetFromJsonAsync<List<WorkloadAnswer>>("/v1/workloads", cancel))!,
            workloads => workloads is [{ Name: "counter" } only] && fits(only)))[0];
}
