using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Handoff.Service.Tests.World;
using Holdfast.Hosting;
using Holdfast.Servers;

namespace Holdfast.Handoff.Service.Tests;

/// <summary>The commands of the bus, over the bus of one process.</summary>
public sealed class CommandTests
{
    private const string SlowSeal = """{ "Counter": { "SealPause": "00:05:00" } }""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_handoff_asked_for_by_command_has_the_commands_id_and_is_done_once()
    {
        using var builds = new CounterBuilds();
        builds.Add("1.1", "{}");
        await using var supervisor = await SupervisorAsync(builds);
        var command = RequestHandoff("1.1");

        var answer = (await supervisor.Commands.SendAsync(command, Cancel)).ShouldBeOfType<CommandAccepted>();

        answer.CommandId.ShouldBe(command.CommandId);
        (await supervisor.EndedAsync($"{command.CommandId}")).Outcome.ShouldBe("committed");
        var serving = await supervisor.ServingAsync();
        var again = (await supervisor.Commands.SendAsync(command, Cancel)).ShouldBeOfType<CommandAccepted>();
        again.Detail.ShouldBe(answer.Detail);
        (await supervisor.ServingAsync()).Pid.ShouldBe(serving.Pid);
        supervisor.Bus.Of<HandoffStarted>().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_handoff_is_aborted_by_command_for_the_reason_given()
    {
        using var builds = new CounterBuilds();
        builds.Add("slow", SlowSeal);
        builds.Add("1.1", "{}");
        await using var supervisor = await SupervisorAsync(builds, "slow");
        var wanted = RequestHandoff("1.1");
        (await supervisor.Commands.SendAsync(wanted, Cancel)).ShouldBeOfType<CommandAccepted>();
        await supervisor.DaemonAsync("sealing", daemon => daemon.Handoff?.Step == "sealing");

        (await supervisor.Commands.SendAsync(AbortHandoff("not today"), Cancel)).ShouldBeOfType<CommandAccepted>();

        var ended = await supervisor.EndedAsync($"{wanted.CommandId}");
        (ended.Outcome, ended.Reason).ShouldBe(("aborted", "not today"));
        (await supervisor.ServingAsync()).Build.ShouldBe("slow");
    }

    [Fact]
    public async Task What_cannot_be_done_is_refused_with_what_would_be_legal()
    {
        using var builds = new CounterBuilds();
        await using var supervisor = await SupervisorAsync(builds);

        await RefusedAsync(supervisor, RequestHandoff("2.0"), ProblemCodes.InvalidRequest, "one of 1.0 is wanted");
        await RefusedAsync(
            supervisor, RequestHandoff("1.0") with { Daemon = "nobody" }, ProblemCodes.NotFound, "there are counter");
        await RefusedAsync(supervisor, AbortHandoff("why not"), ProblemCodes.NoHandoff, "No handoff");
        await RefusedAsync(
            supervisor, AbortHandoff(new string('x', 201)), ProblemCodes.InvalidRequest, "1 to 200 are wanted");
        await RefusedAsync(supervisor, AbortHandoff(""), ProblemCodes.InvalidRequest, "The reason has 0 characters");
    }

    [Fact]
    public async Task A_command_for_another_node_is_left_to_it()
    {
        using var builds = new CounterBuilds();
        builds.Add("1.1", "{}");
        await using var supervisor = await SupervisorAsync(builds);

        await Should.ThrowAsync<BusUnavailableException>(
            () => supervisor.Commands.SendAsync(RequestHandoff("1.1") with { NodeId = "edge-2" }, Cancel));

        (await supervisor.ServingAsync()).Build.ShouldBe("1.0");
        supervisor.Bus.Of<HandoffStarted>().ShouldBeEmpty();
    }

    private static async Task<NodeHost> SupervisorAsync(CounterBuilds builds, string build = "1.0")
    {
        var settings = builds.Settings(FreePort.Next());
        settings["Handoff:Daemons:0:Build"] = build;
        settings["Handoff:Deadline"] = "00:10:00";
        var supervisor = await NodeHost.SupervisorAsync(settings, hearsCommands: true);
        await supervisor.ServingAsync();
        return supervisor;
    }

    private static RequestHandoff RequestHandoff(string build) => new()
    {
        CommandId = Guid.NewGuid(),
        NodeId = "edge-1",
        Daemon = "counter",
        Build = build,
    };

    private static AbortHandoff AbortHandoff(string reason) => new()
    {
        CommandId = Guid.NewGuid(),
        NodeId = "edge-1",
        Daemon = "counter",
        Reason = reason,
    };

    private static async Task RefusedAsync(NodeHost supervisor, ICommand command, string code, string words)
    {
        var refused = (await supervisor.Commands.SendAsync(command, Cancel)).ShouldBeOfType<CommandRefused>();
        refused.Code.ShouldBe(code);
        refused.Detail.ShouldContain(words);
        refused.Legal.ShouldContain("1 to 200 characters");
    }
}
