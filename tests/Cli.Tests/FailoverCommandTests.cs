using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Cli.Tests;

public sealed class FailoverCommandTests : IDisposable
{
    private const string Token = "0123456789abcdef";
    private const string Transfer = "2f0c9c5e";

    private readonly string _tokenFile = Path.Combine(
        System.IO.Directory.CreateTempSubdirectory("holdfast-cli-").FullName, "token");

    public FailoverCommandTests()
    {
        File.WriteAllText(_tokenFile, Token);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_tokenFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => System.IO.Directory.Delete(Path.GetDirectoryName(_tokenFile)!, recursive: true);

    [Fact]
    public async Task A_plan_says_of_every_cluster_what_would_happen_and_why_not()
    {
        await using var hosts = new PaperHosts();
        hosts.Answers("failover-west", FailoverRoutes.Plan, Plan("west", isHeir: true));
        hosts.Answers("failover-north", FailoverRoutes.Plan, Plan("north", isHeir: false));

        (await RunAsync(hosts, "plan")).ShouldBeGolden("plan");
        (await RunAsync(hosts, "plan", "--json")).ShouldBeGolden("plan-json");
    }

    [Fact]
    public async Task A_plan_for_a_cluster_that_nobody_knows_is_refused_in_the_words_of_Failover()
    {
        await using var hosts = new PaperHosts();
        foreach (var failover in new[] { "failover-west", "failover-north" })
        {
            hosts.Plays(failover, FailoverRoutes.Plan, _ =>
                PaperHosts.Problem(404, ProblemCodes.NotFound, "Consensus knows no node of south."));
        }

        var outcome = await RunAsync(hosts, "plan", "--from", "south");

        outcome.Exit.ShouldBe(ExitCode.Refused);
        outcome.Errors.ShouldBe("Consensus knows no node of south.\n");
    }

    [Fact]
    public async Task A_pause_and_its_end_are_sent_once_with_the_token()
    {
        await using var hosts = new PaperHosts();
        hosts.Answers("failover-west", FailoverRoutes.Pause, Accepted("Automatic failover of north is paused."));
        hosts.Answers(
            "failover-west", FailoverRoutes.Resume, Accepted("Automatic failover of every cluster is allowed."));

        var paused = await RunAsync(hosts, "pause", "north", "--reason", "network works");
        var resumed = await RunAsync(hosts, "resume");
        var asJson = await RunAsync(hosts, "pause", "north", "--json");
        var resumedAsJson = await RunAsync(hosts, "resume", "--json");

        hosts.Changes.ShouldBe(
        [
            $$"""POST failover-west/v1/pause {"cluster":"north","reason":"network works"} (Bearer {{Token}})""",
            $$"""POST failover-west/v1/resume {} (Bearer {{Token}})""",
            $$"""POST failover-west/v1/pause {"cluster":"north"} (Bearer {{Token}})""",
            $$"""POST failover-west/v1/resume {} (Bearer {{Token}})""",
        ]);
        ToolOutcome.ShouldBeGolden("pause", paused, resumed, asJson, resumedAsJson);
    }

    [Fact]
    public async Task A_refusal_says_that_nothing_was_changed_by_its_exit_code()
    {
        await using var hosts = new PaperHosts();
        hosts.Plays("failover-west", FailoverRoutes.Force, _ => PaperHosts.Problem(
            409, ProblemCodes.ClusterAlive, "west is not unreachable. Fence its nodes first, or ask its owners."));

        var outcome = await RunAsync(
            hosts, "force", "--from", "west", "--to", "north", "--reason", "drill", "--yes");

        outcome.ShouldBeGolden("force-refused");
    }

    [Theory]
    [InlineData(503, ExitCode.Failed), InlineData(500, ExitCode.Failed), InlineData(401, ExitCode.Refused)]
    public async Task What_may_have_been_carried_out_is_not_called_refused(int status, object exit)
    {
        await using var hosts = new PaperHosts();
        hosts.Plays("failover-west", FailoverRoutes.Pause, _ => PaperHosts.Problem(status, "any", "Words."));

        var outcome = await RunAsync(hosts, "pause");

        outcome.Exit.ShouldBe((ExitCode)exit);
        hosts.Changes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_next_Failover_is_asked_only_where_nothing_was_sent()
    {
        await using var hosts = new PaperHosts();
        hosts.Answers("failover-north", FailoverRoutes.Pause, Accepted("Paused."));

        (await RunAsync(hosts, "pause")).Exit.ShouldBe(ExitCode.Done);
    }

    [Fact]
    public async Task An_order_is_followed_until_the_receiver_has_taken_over()
    {
        await using var hosts = Ordered();

        var outcome = await RunAsync(
            hosts, "force", "--from", "east", "--to", "west", "--reason", "site lost", "--operator", "ada", "--yes");

        outcome.ShouldBeGolden("force");
        hosts.Changes.Single().ShouldBe(
            """POST failover-west/v1/force {"from":"east","reason":"site lost","to":"west","operator":"ada"} """ +
            $"(Bearer {Token})");
    }

    [Theory, InlineData("promoting", ExitCode.Done), InlineData("primaryUnreachable", ExitCode.Failed)]
    [InlineData(null, ExitCode.Failed)]
    public async Task Who_is_not_listed_any_more_was_taken_over_only_where_that_had_begun(string? phase, object exit)
    {
        var asked = 0;
        var west = new PaperInstallation(isIncident: true);
        await using var hosts = new PaperHosts();
        hosts.Answers(
            "failover-west", FailoverRoutes.Force, new ForceAnswer("east", "west", "00010000000000fa", 1_000));
        hosts.Plays("failover-west", FailoverRoutes.Clusters, _ =>
        {
            // What it says before it has read the order counts for nothing, whatever it is.
            var listed = west.Failover("west", phase ?? "promoting");
            return Results.Ok(++asked switch
            {
                1 => listed with { AppliedIndex = 0xf9, Clusters = [] },
                2 when phase is not null => listed,
                _ => listed with { Clusters = [] },
            });
        });

        var outcome = await RunAsync(
            hosts, "force", "--from", "east", "--to", "west", "--reason", "site lost", "--yes");

        outcome.Exit.ShouldBe((ExitCode)exit);
        if (outcome.Exit == ExitCode.Failed) outcome.Errors.ShouldContain("does not watch east");
        else outcome.Output.ShouldContain("west has taken over east");
        asked.ShouldBe(phase is null ? 2 : 3);
    }

    [Theory, InlineData("n\n"), InlineData(""), InlineData("yesterday\n")]
    public async Task Who_does_not_say_yes_has_changed_nothing(string typed)
    {
        await using var hosts = Ordered();

        var outcome = await TypeAsync(
            hosts, typed, "force", "--from", "east", "--to", "west", "--reason", "site lost");

        outcome.Exit.ShouldBe(ExitCode.NotConfirmed);
        outcome.Errors.ShouldEndWith("Go on? [y/N] Nothing was changed.\n");
        hosts.Changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_says_yes_goes_on()
    {
        await using var hosts = Ordered();

        var outcome = await TypeAsync(
            hosts, "yes\n", "force", "--from", "east", "--to", "west", "--reason", "site lost", "--no-wait");

        outcome.Exit.ShouldBe(ExitCode.Done);
        hosts.Changes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_script_that_does_not_say_yes_is_told_how()
    {
        await using var hosts = Ordered();

        var outcome = await RunAsync(hosts, "force", "--from", "east", "--to", "west", "--reason", "site lost");

        outcome.ShouldBeGolden("force-not-confirmed");
        hosts.Changes.ShouldBeEmpty();
    }

    [Theory, InlineData("completed", ExitCode.Done), InlineData("stalled", ExitCode.Failed)]
    public async Task A_transfer_is_followed_to_its_end(string end, object exit)
    {
        await using var hosts = new PaperHosts();
        hosts.Plays("failover-west", FailoverRoutes.Transfers, _ =>
            Results.Json(Progress("running", 0, 1_000), statusCode: 202));
        hosts.Answers("failover-west", FailoverRoutes.Transfer(Transfer), Progress(end, 700, 300));

        var outcome = await RunAsync(hosts, "transfer", "--from", "west", "--to", "east", "--type", "account");

        outcome.Exit.ShouldBe((ExitCode)exit);
        outcome.ShouldBeGolden($"transfer-{end}");
        hosts.Changes.Single().ShouldBe(
            """POST failover-west/v1/transfers {"from":"west","to":"east","grainType":"account"} """ +
            $"(Bearer {Token})");
    }

    [Theory]
    [InlineData("transfer --from west", "Option '--to' is required.")]
    [InlineData("transfer --from we/st --to east", "'we/st' is not a cluster id")]
    [InlineData("transfer --from west --to east --max 0", "--max is 0; 1 to 2147483647 is wanted.")]
    [InlineData("transfer --from west --to east --batch 501", "--batch is 501; 1 to 500 is wanted.")]
    [InlineData("force --from east --to west --yes", "Option '--reason' is required.")]
    [InlineData("pause no/rth", "'no/rth' is not a cluster id")]
    [InlineData("grains east --type a/b", "'a/b' is not a grain type")]
    public async Task What_is_illegal_is_said_before_anybody_is_asked(string line, string message)
    {
        await using var hosts = new PaperHosts();

        var outcome = await RunAsync(hosts, line.Split(' '));

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldContain(message);
    }

    private static PaperHosts Ordered()
    {
        var asked = 0;
        var west = new PaperInstallation(isIncident: true);
        var hosts = new PaperHosts();
        hosts.Answers(
            "failover-west", FailoverRoutes.Force, new ForceAnswer("east", "west", "00010000000000fa", 1_000));
        hosts.Plays("failover-west", FailoverRoutes.Clusters, _ =>
            Results.Ok(west.Failover("west", ++asked == 1 ? "promoting" : "promoted")));
        return hosts;
    }

    private static FailoverPlanAnswer Plan(string by, bool isHeir) => new()
    {
        Cluster = by,
        Holds = true,
        AppliedIndex = 1_234,
        GrainsTotal = 3_000,
        BrakeRoom = 1_500,
        Clusters =
        [
            new PlannedCluster
            {
                Cluster = "east",
                Phase = "primaryUnreachable",
                Unreachable = true,
                Grains = 1_000,
                GraceOverAt = ToolRunner.Now + TimeSpan.FromSeconds(12),
                Heir = "west",
                RestrictedTypes = [new PlannedType("session", ["east", "north"], "north")],
                WouldAct = isHeir,
                Refused = isHeir ? null : "bystander",
            },
            new PlannedCluster
            {
                Cluster = isHeir ? "north" : "west",
                Phase = "monitoring",
                Unreachable = false,
                Grains = 1_000,
                Heir = by,
                RestrictedTypes = [],
                WouldAct = isHeir is false,
                Refused = isHeir ? "paused" : null,
                Detail = isHeir ? "Automatic failover of north is paused." : null,
            },
        ],
    };

    private static CommandAccepted Accepted(string detail) => new() { CommandId = Guid.Empty, Detail = detail };

    private static GrainTransferAnswer Progress(string state, long transferred, long remaining) => new()
    {
        Id = Transfer,
        From = "west",
        To = "east",
        GrainType = "account",
        State = state,
        Batches = 2,
        Transferred = transferred,
        Remaining = remaining,
        Detail = state == "stalled" ? "nobody in west gave anything" : null,
    };

    private Task<ToolOutcome> RunAsync(PaperHosts hosts, params string[] command) =>
        RunAsync(new ToolRunner { Hosts = hosts }, command);

    private Task<ToolOutcome> TypeAsync(PaperHosts hosts, string typed, params string[] command) =>
        RunAsync(new ToolRunner { Hosts = hosts, IsTerminal = true, Typed = typed }, command);

    private async Task<ToolOutcome> RunAsync(ToolRunner runner, string[] command)
    {
        await runner.Hosts!.StartAsync();
        var outcome = await runner.RunAsync(
            [.. command, "--failover", "http://failover-west,http://failover-north", "--token-file", _tokenFile]);
        return outcome with { Arguments = ToolOutcome.LineOf(command) };
    }
}
