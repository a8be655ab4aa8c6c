namespace Holdfast.Cli.Tests;

public sealed class DocumentationTests
{
    private const string Begin = "```text\n";
    private const string End = "\n```\n";

    private static readonly string Page = File.ReadAllText(
        Path.Combine(ToolOutcome.Folder(), "..", "..", "docs", "cli.md"));

    [Fact]
    public void Every_output_in_the_documentation_is_one_that_the_tests_compare()
    {
        var golden = System.IO.Directory.GetFiles(Path.Combine(ToolOutcome.Folder(), "Golden"))
            .Select(File.ReadAllText).ToList();
        var examples = Page.Split(Begin)[1..]
            .Select(part => part[..part.IndexOf(End, StringComparison.Ordinal)]).ToList();

        examples.Count.ShouldBeGreaterThan(10);
        examples.ShouldAllBe(example => golden.Any(text => text.Contains(example, StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_setting_and_exit_code_is_documented()
    {
        foreach (var key in Settings.SettingKey.All)
            Page.ShouldContain($"| `{key.OptionName}` | `{key.VariableName}` | `{key.Name}` |");
        foreach (var code in Enum.GetValues<ExitCode>()) Page.ShouldContain($"\n| {(int)code} | ");
    }

    [Fact]
    public void The_settings_for_the_compose_set_name_ports_that_it_publishes()
    {
        var root = Path.Combine(ToolOutcome.Folder(), "..", "..");
        var compose = File.ReadAllText(Path.Combine(root, "docker-compose.yml"));
        var settings = Settings.SettingsFile.Read(Path.Combine(root, "deploy", "holdfast.json"));

        settings.Keys.ShouldBe(
            [
                "consensus", "gossip", "failover", "recovery", "handoff", "directory", "directoryUser",
                "directoryPasswordFile", "tokenFile",
            ],
            ignoreOrder: true);
        foreach (var address in settings.Values.SelectMany(said => said.Values)
            .Where(value => value.Contains("127.0.0.1:", StringComparison.Ordinal)))
        {
            compose.ShouldContain($"${{HOLDFAST_PORTS:-81}}{address[^2..]}:");
        }
    }
}
