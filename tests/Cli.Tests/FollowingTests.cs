using Holdfast.Contracts.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Cli.Tests;

/// <summary>Something that goes on by itself is followed to its end, or until Ctrl-C.</summary>
public sealed class FollowingTests : IDisposable
{
    private readonly string _tokenFile = Path.GetTempFileName();

    public FollowingTests() => File.WriteAllText(_tokenFile, "a-chief-of-this-installation-001");

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

    [Fact]
    public async Task What_was_followed_to_its_end_is_one_document_for_scripts()
    {
        await using var transfer = TransferOf(Completed());
        await using var order = Order();

        var transferred = await RunAsync(
            new ToolRunner { Hosts = transfer }, isJson: true, "transfer", "--from", "west", "--to", "east");
        var ordered = await RunAsync(
            new ToolRunner { Hosts = order },
            isJson: true,
            ["force", "--from", "east", "--to", "west", "--reason", "drill", "--yes"]);

        transferred.ShouldBeGolden("transfer-completed-json");
        ordered.ShouldBeGolden("force-json");
    }

    [Fact]
    public async Task A_person_at_a_terminal_sees_how_far_it_is_until_it_ends()
    {
        await using var transfer = TransferOf(Completed());
        await using var order = Order();

        var transferred = await RunAsync(
            new ToolRunner { Hosts = transfer, IsTerminal = true },
            isJson: false,
            ["transfer", "--from", "west", "--to", "east"]);
        var ordered = await RunAsync(
            new ToolRunner { Hosts = order, IsTerminal = true },
            isJson: false,
            ["force", "--from", "east", "--to", "west", "--reason", "drill", "--yes"]);

        ShouldShow(transferred.Errors, "500 transferred, 700 still in west, 1 batch");
        ShouldShow(ordered.Errors, "promoting: 996 promoted, 4 stranded");
    }

    // The line, and the blanks that take it away.
    private static void ShouldShow(string errors, string line) =>
        errors.ShouldEndWith($"\r{line}\r{new string(' ', line.Length)}\r");

    private static PaperHosts TransferOf(GrainTransferAnswer end)
    {
        var hosts = new PaperHosts();
        hosts.Plays("failover-west", FailoverRoutes.Transfers, _ => Results.Json(Running(), statusCode: 202));
        return hosts.Answers("failover-west", FailoverRoutes.Transfer("t-1"), end);
    }

    private static PaperHosts Order()
    {
        var asked = 0;
        var west = new PaperInstallation(isIncident: true);
        var hosts = new PaperHosts();
        hosts.Answers("failover-west", FailoverRoutes.Force, new ForceAnswer("east", "west", "00010000000000fa", 10));
        return hosts.Plays("failover-west", FailoverRoutes.Clusters, _ =>
            Results.Ok(west.Failover("west", ++asked == 1 ? "promoting" : "promoted")));
    }

    private static GrainTransferAnswer Completed() => Running() with
    {
        State = "completed",
        Batches = 3,
        Transferred = 1_200,
        Remaining = 0,
    };

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
