namespace Holdfast.Cli.Tests;

public sealed class StatusTests
{
    [Fact]
    public async Task When_all_is_well_it_says_so_and_sums_up()
    {
        var outcome = await RunAsync(new PaperInstallation(), "status");

        outcome.ShouldBeGolden("status-calm");
    }

    [Fact]
    public async Task In_an_incident_it_says_what_needs_a_look_and_who_did_not_answer()
    {
        var outcome = await RunAsync(new PaperInstallation(isIncident: true), "status");

        outcome.ShouldBeGolden("status-incident");
        outcome.Output.Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    [Fact]
    public async Task A_script_reads_the_same_as_JSON()
    {
        var outcome = await RunAsync(new PaperInstallation(isIncident: true), "status", "--json");

        outcome.ShouldBeGolden("status-json");
    }

    [Theory, InlineData(false, ExitCode.Done), InlineData(true, ExitCode.Attention)]
    public async Task With_check_the_exit_code_says_whether_something_needs_a_look(bool isIncident, object exit) =>
        (await RunAsync(new PaperInstallation(isIncident), "status", "--check")).Exit.ShouldBe((ExitCode)exit);

    [Fact]
    public async Task Where_nobody_answers_it_says_who_was_asked()
    {
        await using var nobody = new PaperHosts();

        var outcome = await new ToolRunner { Hosts = nobody }.RunAsync(["status", .. PaperInstallation.Settings]);

        outcome.Exit.ShouldBe(ExitCode.Unreachable);
        outcome.Output.ShouldContain("http://voter-1");
        outcome.Output.ShouldContain("nothing can be promoted");
    }

    [Fact]
    public async Task A_narrow_terminal_gets_lines_that_fit()
    {
        await using var hosts = new PaperInstallation(isIncident: true).Hosts();
        await hosts.StartAsync();

        var outcome = await new ToolRunner { Hosts = hosts, Columns = 40 }
            .RunAsync(["status", .. PaperInstallation.Settings]);

        outcome.Output.Split('\n').ShouldAllBe(line => line.Length <= 40);
    }

    [Theory]
    [InlineData(true, "", "xterm", true)]
    [InlineData(true, "1", "xterm", false)]
    [InlineData(true, "", "dumb", false)]
    [InlineData(false, "", "xterm", false)]
    public async Task Colours_are_for_terminals_that_want_them(
        bool isTerminal, string noColor, string term, bool wanted)
    {
        await using var hosts = new PaperInstallation().Hosts();
        await hosts.StartAsync();

        var outcome = await new ToolRunner { Hosts = hosts, IsTerminal = isTerminal }
            .With("NO_COLOR", noColor).With("TERM", term)
            .RunAsync(["status", .. PaperInstallation.Settings]);

        outcome.Output.Contains('\e', StringComparison.Ordinal).ShouldBe(wanted);
    }

    private static async Task<ToolOutcome> RunAsync(PaperInstallation installation, params string[] command)
    {
        await using var hosts = installation.Hosts();
        await hosts.StartAsync();
        var outcome = await new ToolRunner { Hosts = hosts }.RunAsync([.. command, .. PaperInstallation.Settings]);
        return outcome with { Arguments = ToolOutcome.LineOf(command) };
    }
}
