using System.Diagnostics;

namespace Holdfast.Cli.Tests;

public sealed class CompletionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, InlineData("bash"), InlineData("zsh"), InlineData("fish")]
    public async Task Every_shell_has_a_script_that_asks_the_tool(string shell)
    {
        var outcome = await new ToolRunner().RunAsync("completion", shell);

        outcome.Exit.ShouldBe(ExitCode.Done);
        outcome.Output.ShouldContain("[suggest:");
    }

    [Fact]
    public async Task Another_shell_is_refused_with_those_that_are_legal()
    {
        var outcome = await new ToolRunner().RunAsync("completion", "tcsh");

        outcome.Exit.ShouldBe(ExitCode.Usage);
        outcome.Errors.ShouldContain("'bash'");
    }

    [Theory]
    [InlineData("holdfast di", "directory")]
    [InlineData("holdfast directory ", "import")]
    [InlineData("holdfast transfer --fr", "--from")]
    [InlineData("holdfast completion ", "fish")]
    public async Task The_tool_says_what_could_follow(string line, string wanted)
    {
        var outcome = await new ToolRunner().RunAsync($"[suggest:{line.Length}]", line);

        outcome.Output.Split('\n').ShouldContain(wanted);
    }

    [Theory]
    [InlineData(
        "bash",
        """holdfast() { dotnet "$TOOL" "$@"; }""",
        """
        COMP_WORDS=(holdfast direc) COMP_CWORD=1 COMP_LINE='holdfast direc' COMP_POINT=14
        _holdfast; echo "${COMPREPLY[@]}"
        """)]
    [InlineData(
        "zsh",
        """holdfast() { dotnet "$TOOL" "$@" }; compdef() { }; compadd() { print -l -- "${(M)found[@]:#direc*}" }""",
        """words=(holdfast direc) BUFFER='holdfast direc' CURSOR=14; _holdfast""")]
    [InlineData("fish", "function holdfast; dotnet $TOOL $argv; end", "complete -C 'holdfast direc'")]
    public async Task A_shell_completes_a_command(string shell, string before, string after)
    {
        string[] programs = [$"/bin/{shell}", $"/usr/bin/{shell}"];
        var program = Array.Find(programs, File.Exists);
        Assert.SkipUnless(program is not null, $"There is no {shell}.");
        var script = (await new ToolRunner().RunAsync("completion", shell)).Output;
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["TOOL"] = Path.Combine(AppContext.BaseDirectory, "holdfast.dll");

        // Functions stand for the program in PATH, and for what zsh has in its editor only.
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync($"{before}\n{script}\n{after}\n");
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);

        output.ShouldBe("directory\n");
    }
}
