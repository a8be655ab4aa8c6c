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
}
