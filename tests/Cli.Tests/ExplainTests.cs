using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Tests;

public sealed class ExplainTests
{
    private const string Path = "account/0002";

    [Fact]
    public async Task An_owner_that_lives_keeps_its_grain()
    {
        var outcome = await RunAsync(
            isIncident: false, Owned("west", PaperInstallation.OwnerOfWest), "explain", Path);

        outcome.ShouldBeGolden("explain-held");
    }

    [Fact]
    public async Task Of_a_fenced_owner_it_says_what_happens_next_and_why_not_more()
    {
        var outcome = await RunAsync(isIncident: true, Owned("east", PaperInstallation.OwnerOfEast), "explain", Path);

        outcome.ShouldBeGolden("explain-fenced");
    }

    [Fact]
    public async Task A_script_reads_the_same_as_JSON()
    {
        var outcome = await RunAsync(
            isIncident: true, Owned("east", PaperInstallation.OwnerOfEast), "explain", Path, "--json");

        outcome.ShouldBeGolden("explain-json");
    }

    [Fact]
    public async Task A_promoted_grain_waits_for_a_claim()
    {
        var outcome = await RunAsync(isIncident: true, Owned("west", holder: null), "explain", Path);

        outcome.Output.ShouldContain("west owns it, and none of its processes has claimed it yet; 1 living session");
    }

    [Fact]
    public async Task A_released_grain_is_for_the_first_that_claims_it()
    {
        var released = Owned("west", holder: null) with { Released = true };

        var outcome = await RunAsync(isIncident: false, released, "explain", Path);

        outcome.Output.ShouldContain("the first process that claims it has it, under a");
    }

    [Fact]
    public async Task Nobody_ever_claimed_it_is_an_answer_too()
    {
        var outcome = await RunAsync(isIncident: false, record: null, "explain", Path);

        outcome.Exit.ShouldBe(ExitCode.Done);
        outcome.Output.ShouldContain("nobody ever claimed it");
    }

    [Fact]
    public async Task A_leased_grain_waits_for_the_end_of_the_session_and_goes_where_its_type_may_live()
    {
        var leased = Owned("east", PaperInstallation.OwnerOfEast, "session/7") with { Kind = "leased" };

        var outcome = await RunAsync(isIncident: true, leased, "explain", "session/7");

        outcome.Output.ShouldContain("It is leased");
        outcome.Output.ShouldContain("go to east, west only");
    }

    [Fact]
    public async Task What_could_not_be_asked_is_said()
    {
        await using var hosts = new PaperHosts();
        hosts.Answers("failover-west", FailoverRoutes.Grain("account", "0002"), Owned("east", "0001000000000015"));
        await hosts.StartAsync();

        var outcome = await new ToolRunner { Hosts = hosts }.RunAsync(["explain", Path, .. PaperInstallation.Settings]);

        outcome.Exit.ShouldBe(ExitCode.Done);
        outcome.Output.ShouldContain("Whether the owner lives: no voter of Consensus answered.");
    }

    [Fact]
    public async Task A_history_that_was_refused_is_not_known_and_not_empty()
    {
        await using var hosts = new PaperHosts();
        hosts.Answers("failover-west", FailoverRoutes.Grain("account", "0002"), Owned("east", "0001000000000015"));
        hosts.Plays("failover-west", FailoverRoutes.History("account", "0002"), _ =>
            PaperHosts.Problem(503, ProblemCodes.DirectoryUnavailable, "redis is away"));
        await hosts.StartAsync();

        var outcome = await new ToolRunner { Hosts = hosts, Columns = 200 }
            .RunAsync(["explain", Path, .. PaperInstallation.Settings]);

        outcome.Output.ShouldContain("What happened to it: directoryUnavailable: redis is away.");
    }

    [Fact]
    public async Task A_key_with_slashes_blanks_and_marks_arrives_as_it_is()
    {
        const string key = "a b/c?d#e%2F";
        await using var hosts = new PaperHosts();
        hosts.Answers("failover-west", $"/v1/grains/account/{key}", Owned("west", null, $"account/{key}"));
        await hosts.StartAsync();

        var outcome = await new ToolRunner { Hosts = hosts }
            .RunAsync(["explain", $"account/{key}", .. PaperInstallation.Settings]);

        outcome.Output.ShouldContain($"account/{key}  owned by west");
    }

    [Fact]
    public async Task A_reason_from_outside_moves_no_cursor()
    {
        await using var hosts = new PaperHosts();
        hosts.Plays("failover-west", FailoverRoutes.Grain("account", "0002"), _ =>
            PaperHosts.Problem(503, ProblemCodes.DirectoryUnavailable, "red\e[31m \r\nlike an attack"));
        await hosts.StartAsync();

        var outcome = await new ToolRunner { Hosts = hosts }.RunAsync(["explain", Path, .. PaperInstallation.Settings]);

        outcome.Exit.ShouldBe(ExitCode.Unreachable);
        outcome.Errors.ShouldNotContain("\e");
        outcome.Errors.ShouldContain("like an attack");
    }

    private static GrainOwnerAnswer Owned(string cluster, string? holder, string grain = Path) => new()
    {
        Grain = grain,
        Cluster = cluster,
        Holder = holder,
        Epoch = $"{holder ?? "00010000000000f8"}-0000000000000001",
        Kind = "fenced",
        Released = false,
    };

    private static async Task<ToolOutcome> RunAsync(bool isIncident, GrainOwnerAnswer? record, params string[] command)
    {
        await using var hosts = new PaperInstallation(isIncident).Hosts();
        if (record is not null)
        {
            hosts.Answers("failover-west", $"/v1/grains/{record.Grain}", record);
            hosts.Answers("failover-west", $"/v1/history/{record.Grain}", new[]
            {
                new GrainHistoryAnswer
                {
                    At = ToolRunner.Now - TimeSpan.FromMinutes(3),
                    Cause = "claimed",
                    Seq = 7,
                    Record = record,
                },
            });
        }

        await hosts.StartAsync();
        var outcome = await new ToolRunner { Hosts = hosts }.RunAsync([.. command, .. PaperInstallation.Settings]);
        return outcome with { Arguments = ToolOutcome.LineOf(command) };
    }
}
