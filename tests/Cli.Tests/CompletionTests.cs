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

    [Fact]
    public async Task Bash_completes_a_command()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "There is no bash.");
        var tool = Path.Combine(AppContext.BaseDirectory, "holdfast.dll");
        var script = (await new ToolRunner().RunAsync("completion", "bash")).Output;
        var start = new ProcessStartInfo("/bin/bash")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };

        // A function stands for the program in PATH.
        using var bash = Process.Start(start)!;
        await bash.StandardInput.WriteAsync(
            $"holdfast() {{ dotnet '{tool}' \"$@\"; }}\n{script}\n" +
            "COMP_WORDS=(holdfast direc) COMP_CWORD=1 COMP_LINE='holdfast direc' COMP_POINT=14\n" +
            "_holdfast; echo \"${COMPREPLY[@]}\"\n");
        bash.StandardInput.Close();
        var output = await bash.StandardOutput.ReadToEndAsync(Cancel);
        await bash.WaitForExitAsync(Cancel);

        output.ShouldBe("directory\n");
    }
}
