using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;

namespace Holdfast.Gossip.Service.Tests;

/// <summary>An agent that watches real processes of this machine by their ids.</summary>
public sealed class WorkloadTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_unannounced_exit_is_published_and_an_announced_one_is_not_before_its_end()
    {
        await using var group = await AgentGroup.StartAsync(1);
        var agent = group.Agents[0];
        using var announced = Sleeper();
        using var unannounced = Sleeper();
        await PutAsync(agent, "quiet", announced.Id);
        await PutAsync(agent, "orders", unannounced.Id);
        await SilenceAsync(agent, "quiet", DateTimeOffset.UtcNow.AddMinutes(10));
        await KillAsync(announced);
        await KillAsync(unannounced);

        var (down, _) = await agent.Bus.FirstAsync<WorkloadDown>(down => down.Workload == "orders");
        down.Pid.ShouldBe(unannounced.Id);
        down.Subject.ShouldBe("workload/n1/orders");
        down.Generation.ShouldBe(agent.Generation);
        (await StateAsync(agent, "orders")).ShouldBe("down");

        // The announced one died first and was looked at as often.
        (await StateAsync(agent, "quiet")).ShouldBe("silent");
        agent.Bus.Mail.All.Select(sent => sent.Message).OfType<WorkloadDown>().Count().ShouldBe(1);

        // Taken back, the silence covers nothing any more.
        await SilenceAsync(agent, "quiet", DateTimeOffset.UtcNow);
        await agent.Bus.FirstAsync<WorkloadDown>(down => down.Workload == "quiet" && down.Pid == announced.Id);
    }

    [Fact]
    public async Task A_death_that_a_new_process_follows_at_once_is_still_told()
    {
        await using var group = await AgentGroup.StartAsync(1, new() { ["Gossip:LocalInterval"] = "00:00:10" });
        var agent = group.Agents[0];
        using var first = Sleeper();
        using var second = Sleeper();
        await PutAsync(agent, "orders", first.Id);
        await KillAsync(first);
        await PutAsync(agent, "orders", second.Id);
        await agent.Bus.FirstAsync<WorkloadDown>(down => down.Pid == first.Id);
        (await StateAsync(agent, "orders")).ShouldBe("up");
        await KillAsync(second);
    }

    [Fact]
    public async Task The_parent_tells_how_its_process_ended_and_nobody_else_is_waited_for()
    {
        await using var group = await AgentGroup.StartAsync(1);
        var agent = group.Agents[0];
        using var told = Sleeper();
        using var untold = Sleeper();
        foreach (var (name, process) in new[] { ("told", told), ("untold", untold) })
        {
            var answer = await agent.Http.PutAsJsonAsync(
                $"/v1/workloads/{name}", new WatchWorkloadRequest { Pid = process.Id, ReportsExit = true }, Cancel);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await KillAsync(told);
        var report = await ExitAsync(agent, "told", told.Id, 137);
        report.StatusCode.ShouldBe(HttpStatusCode.NoContent, await report.Content.ReadAsStringAsync(Cancel));
        await KillAsync(untold);

        var (withCode, _) = await agent.Bus.FirstAsync<WorkloadDown>(down => down.Workload == "told");
        (withCode.Pid, withCode.ExitCode).ShouldBe((told.Id, 137));
        var (without, _) = await agent.Bus.FirstAsync<WorkloadDown>(down => down.Workload == "untold");
        (without.Pid, without.ExitCode).ShouldBe((untold.Id, null));
        without.ExitedAt.ShouldBeLessThan(without.OccurredAt, "it was kept for the word of its parent");

        await RefusedAsync(
            await ExitAsync(agent, "untold", untold.Id, 1), HttpStatusCode.NotFound, ProblemCodes.NotFound);
        await RefusedAsync(
            await ExitAsync(agent, "told", told.Id, 256), HttpStatusCode.BadRequest, ProblemCodes.InvalidRequest);
        await RefusedAsync(
            await ExitAsync(agent, "nobody", told.Id, 1), HttpStatusCode.NotFound, ProblemCodes.NotFound);
    }

    [Fact]
    public async Task A_workload_that_is_forgotten_may_end()
    {
        await using var group = await AgentGroup.StartAsync(1);
        var agent = group.Agents[0];
        using var sleeper = Sleeper();
        await PutAsync(agent, "orders", sleeper.Id);
        (await agent.Http.DeleteAsync("/v1/workloads/orders", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await agent.Http.DeleteAsync("/v1/workloads/orders", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await agent.Http.GetFromJsonAsync<List<WorkloadAnswer>>("/v1/workloads", Cancel))!.ShouldBeEmpty();
        await KillAsync(sleeper);
    }

    [Fact]
    public async Task What_cannot_be_watched_or_silenced_is_refused_in_words()
    {
        await using var group = await AgentGroup.StartAsync(1);
        var agent = group.Agents[0];
        using var dead = Sleeper();
        await KillAsync(dead);
        var gone = await agent.Http.PutAsJsonAsync(
            "/v1/workloads/orders", new WatchWorkloadRequest { Pid = dead.Id }, Cancel);
        await RefusedAsync(gone, HttpStatusCode.Conflict, ProblemCodes.ProcessUnknown);
        var name = await agent.Http.PutAsJsonAsync(
            "/v1/workloads/no%20name", new WatchWorkloadRequest { Pid = Environment.ProcessId }, Cancel);
        await RefusedAsync(name, HttpStatusCode.BadRequest, ProblemCodes.InvalidRequest);
        var unknown = await PostSilenceAsync(agent, "orders", DateTimeOffset.UtcNow.AddMinutes(1));
        await RefusedAsync(unknown, HttpStatusCode.NotFound, ProblemCodes.NotFound);
        var late = await PostSilenceAsync(agent, "orders", DateTimeOffset.UtcNow.AddHours(2));
        await RefusedAsync(late, HttpStatusCode.BadRequest, ProblemCodes.InvalidRequest);
    }

    private static Task<HttpResponseMessage> ExitAsync(AgentHost agent, string name, int pid, int code) =>
        agent.Http.PostAsJsonAsync(
            $"/v1/workloads/{name}/exit", new WorkloadExitRequest { Pid = pid, ExitCode = code }, Cancel);

    private static Process Sleeper() => Process.Start("sleep", "600");

    private static async Task KillAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync(Cancel);
    }

    private static async Task PutAsync(AgentHost agent, string name, int pid)
    {
        var answer = await agent.Http.PutAsJsonAsync(
            $"/v1/workloads/{name}", new WatchWorkloadRequest { Pid = pid }, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static Task<HttpResponseMessage> PostSilenceAsync(AgentHost agent, string name, DateTimeOffset until) =>
        agent.Http.PostAsJsonAsync(
            "/v1/planned-silence", new PlannedSilenceRequest { Workload = name, Until = until }, Cancel);

    private static async Task SilenceAsync(AgentHost agent, string name, DateTimeOffset until) =>
        (await PostSilenceAsync(agent, name, until)).StatusCode.ShouldBe(HttpStatusCode.OK);

    private static async Task<string> StateAsync(AgentHost agent, string name) =>
        (await agent.Http.GetFromJsonAsync<List<WorkloadAnswer>>("/v1/workloads", Cancel))!
            .Single(workload => workload.Name == name).State;

    private static async Task RefusedAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        answer.StatusCode.ShouldBe(status);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldContain($"\"code\":\"{code}\"");
    }
}
