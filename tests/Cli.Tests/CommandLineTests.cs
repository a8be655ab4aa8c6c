namespace Holdfast.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("explain", "Required argument 'grain' missing for command: 'explain'.")]
    [InlineData("explain account", "'account' is not a grain: type/key is wanted.")]
    [InlineData("explain acc$unt/1", "'acc$unt' is not a grain type: 1 to 128 characters")]
    [InlineData("stats", "Unrecognized command or argument 'stats'")]
    [InlineData("status --jsn", "Unrecognized command or argument '--jsn'")]
    public async Task What_is_wrong_is_said_on_standard_error_with_what_is_legal(string line, string message)
    {
        var outcome = await new ToolRunner().RunAsync(line.Split(' '));

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Output.ShouldBeEmpty();
        outcome.Errors.ShouldContain(message);
        outcome.Errors.ShouldContain("--help");
    }

    [Fact]
    public async Task With_json_errors_are_JSON_too()
    {
        var outcome = await new ToolRunner().RunAsync("explain", "account", "--json");

        outcome.ShouldBeGolden("error-json");
    }

    [Fact]
    public async Task Without_a_service_it_says_how_to_name_one()
    {
        var outcome = await new ToolRunner().RunAsync("status");

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldContain("HOLDFAST_CONSENSUS");
    }
}
