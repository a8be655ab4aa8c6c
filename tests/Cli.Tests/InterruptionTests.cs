using Holdfast.Contracts.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Cli.Tests;

/// <summary>Ctrl-C while something that goes on by itself is followed.</summary>
public sealed class InterruptionTests : IDisposable
{
    private readonly string _tokenFile = Path.GetTempFileName();

    public InterruptionTests() => File.WriteAllText(_tokenFile, "a-chief-of-this-installation-001");

    public void Dispose() => File.Delete(_tokenFile);

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_transfer_that_goes_on_is_named_when_its_following_is_interrupted(bool isJson)
    {
        using var stop = new CancellationTokenSource();
        await using var hosts = new PaperHosts();
        hosts.Plays("failover-west", FailoverRoutes.Transfers, _ => Results.Json(Running(), statusCode: 202));
        hosts.Plays("failover-west", FailoverRoutes.Transfer("t-1"), _ =>
        {
            stop.Cancel();
            return Results.Ok(Running());
        });

        var outcome = await RunAsync(
            new ToolRunner { Hosts = hosts, Stop = stop.Token }, isJson, "transfer", "--from", "west", "--to", "east");

        outcome.ShouldBeGolden(isJson ? "transfer-interrupted-json" : "transfer-interrupted");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task An_order_that_stands_is_named_when_its_following_is_interrupted(bool isJson)
    {
        using var stop = new CancellationTokenSource();
        await using var hosts = new PaperHosts();
        hosts.Answers("failover-west", FailoverRoutes.Force, new ForceAnswer("east", "west", "00010000000000fa", 10));
        hosts.Plays("failover-west", FailoverRoutes.Clusters, _ =>
        {
            stop.Cancel();
            return Results.Ok(new PaperInstallation(isIncident: true).Failover("west", "promoting"));
        });

        var outcome = await RunAsync(
            new ToolRunner { Hosts = hosts, Stop = stop.Token },
            isJson,
            ["force", "--from", "east", "--to", "west", "--reason", "drill", "--yes"]);

        outcome.ShouldBeGolden(isJson ? "force-interrupted-json" : "force-interrupted");
    }

    [Fact]
    public async Task An_interruption_of_a_question_is_an_error_as_json_too()
    {
        using var stop = new CancellationTokenSource();
        await using var hosts = new PaperHosts();
        hosts.Plays("failover-west", FailoverRoutes.Plan, _ =>
        {
            stop.Cancel();
            return Results.Ok();
        });

        var outcome = await RunAsync(new ToolRunner { Hosts = hosts, Stop = stop.Token }, isJson: true, "plan");

        outcome.Exit.ShouldBe(ExitCode.Interrupted);
        outcome.Output.ShouldBeEmpty();
        outcome.Errors.ShouldContain("\"code\": \"interrupted\"");
    }

    private static GrainTransferAnswer Running() => new()
    {
        Id = "t-1",
        From = "west",
        To = "east",
        State = "running",
        Batches = 1,
        Transferred = 500,
        Remaining = 700,
    };

    private async Task<ToolOutcome> RunAsync(ToolRunner runner, bool isJson, params string[] command)
    {
        await runner.Hosts!.StartAsync();
        string[] line = isJson ? [.. command, "--json"] : command;
        var outcome = await runner.RunAsync(
            [.. line, "--failover", "http://failover-west", "--token-file", _tokenFile]);
        return outcome with { Arguments = ToolOutcome.LineOf(line) };
    }
}
