using System.Diagnostics;
using System.Net.Http.Json;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Handoff.Service.Tests.World;
using Holdfast.Servers;

namespace Holdfast.Handoff.Service.Tests;

/// <summary>The sample counter as the daemon, under clients that never pause, and a real agent beside it.</summary>
public sealed class HandoffUnderLoadTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_committed_handoff_fails_no_request_loses_no_write_and_convicts_nobody()
    {
        using var builds = new CounterBuilds();
        builds.Add("1.1", "{}");
        var port = FreePort.Next();
        await using var agent = await NodeHost.AgentAsync();
        await using var supervisor = await NodeHost.SupervisorAsync(With(agent, builds.Settings(port)));
        var before = await supervisor.ServingAsync();
        await using var load = CounterLoad.Start(port);
        await load.MoreAsync(50);

        var started = await supervisor.HandOverAsync("1.1");
        var ended = await supervisor.EndedAsync(started.Id);
        await load.MoreAsync(50);
        var acknowledged = await load.StopAsync();

        load.Failures.ShouldBeEmpty();
        ended.Outcome.ShouldBe("committed", ended.Reason);
        ended.PauseMs.ShouldNotBeNull();
        ended.Steps.Select(step => step.Step).ShouldBe(
            ["connecting", "spawning", "negotiating", "draining", "sealing", "awaitingReady", "committed"]);
        var after = await CounterLoad.ReadAsync(port);
        after.Value.ShouldBe(acknowledged);
        after.Build.ShouldBe("1.1");
        load.Builds.Keys.Order().ShouldBe(["1.0", "1.1"]);
        var daemon = await supervisor.ServingAsync();
        (daemon.Build, daemon.Pid).ShouldBe(("1.1", after.Pid));
        daemon.Pid.ShouldNotBe(before.Pid);

        var announced = await supervisor.Bus.FirstAsync<HandoffStarted>();
        announced.PlannedEndAt.ShouldNotBeNull();
        var committed = await supervisor.Bus.FirstAsync<HandoffCommitted>();
        (committed.HandoffId, committed.IncumbentPid, committed.SuccessorPid).ShouldBe(
            (started.Id, before.Pid!.Value, after.Pid));
        supervisor.Bus.All.Where(said => said.Message is HandoffStarted or HandoffCommitted)
            .Select(said => said.Trace!.Split('-')[1]).Distinct().Count().ShouldBe(1);
        await WatchedAsync(agent, after.Pid);

        // A death that is true is the fence: whatever was said falsely came before it.
        Process.GetProcessById(after.Pid).Kill();
        var down = await agent.Bus.FirstAsync<WorkloadDown>();
        (down.Pid, down.ExitCode).ShouldBe((after.Pid, 137));
    }

    [Fact]
    public async Task An_aborted_handoff_fails_no_request_and_the_old_process_serves_on()
    {
        using var builds = new CounterBuilds();
        builds.Add("1.1", """{ "Counter": { "Unhealthy": true } }""");
        var port = FreePort.Next();
        await using var agent = await NodeHost.AgentAsync();
        await using var supervisor = await NodeHost.SupervisorAsync(With(agent, builds.Settings(port)));
        var before = await supervisor.ServingAsync();
        await using var load = CounterLoad.Start(port);
        await load.MoreAsync(50);

        var started = await supervisor.HandOverAsync("1.1");
        var ended = await supervisor.EndedAsync(started.Id);
        await load.MoreAsync(50);
        var acknowledged = await load.StopAsync();

        load.Failures.ShouldBeEmpty();
        ended.Outcome.ShouldBe("aborted");
        ended.Reason.ShouldBe("the successor is not healthy");
        var after = await CounterLoad.ReadAsync(port);
        (after.Value, after.Build, after.Pid).ShouldBe((acknowledged, "1.0", before.Pid!.Value));
        var aborted = await supervisor.Bus.FirstAsync<HandoffAborted>();
        (aborted.HandoffId, aborted.Step).ShouldBe((started.Id, "awaitingReady"));
        agent.Bus.Of<WorkloadDown>().ShouldBeEmpty();

        // The silence was taken back: a death now is told at once.
        Process.GetProcessById(after.Pid).Kill();
        var down = await agent.Bus.FirstAsync<WorkloadDown>();
        (down.Workload, down.Pid, down.ExitCode).ShouldBe(("counter", after.Pid, 137));
        var again = await supervisor.DaemonAsync(
            "started again", daemon => daemon.State == "serving" && daemon.Pid != after.Pid);
        await Until.SeesAsync("the counter", _ => CounterLoad.ReadAsync(port), seen => seen.Pid == again.Pid);
        (await CounterLoad.ReadAsync(port)).Value.ShouldBe(acknowledged);
    }

    private static Dictionary<string, string?> With(NodeHost agent, Dictionary<string, string?> settings)
    {
        settings["Handoff:Agent"] = agent.Http.BaseAddress!.ToString();
        return settings;
    }

    private static Task<List<WorkloadAnswer>> WatchedAsync(NodeHost agent, int pid) => Until.SeesAsync(
        $"process {pid} is watched",
        async cancel => (await agent.Http.GetFromJsonAsync<List<WorkloadAnswer>>("/v1/workloads", cancel))!,
        workloads => workloads is [{ Name: "counter", State: "up" } only] && only.Pid == pid);
}
