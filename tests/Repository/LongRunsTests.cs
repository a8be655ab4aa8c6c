using System.Diagnostics;

namespace Holdfast.Repository;

/// <summary>soak.sh in a checkout of its own, in which nothing is built.</summary>
public sealed class LongRunsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("holdfast-soak-");

    public LongRunsTests()
    {
        File.Copy(Path.Combine(SourceTree.Root, "soak.sh"), At("soak.sh"));
        _folder.CreateSubdirectory("docs/soak");
        File.WriteAllText(At("docs/soak/README.md"), "# Long runs\n");
        File.WriteAllText(At("source"), "committed\n");
        Run("git init -q && git add . && git -c user.name=a -c user.email=a@b commit -q -m a").Code.ShouldBe(0);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("--hours")]
    [InlineData("--rounds")]
    [InlineData("--failover-rounds")]
    public void Nothing_is_run_whose_row_would_be_of_no_commit(string kind)
    {
        File.WriteAllText(At("source"), "changed\n");

        var (code, said) = Run($"./soak.sh {kind} 1");

        code.ShouldBe(2);
        said.ShouldContain("No row is written of what no commit has, so nothing is run.");
        said.ShouldContain("M source");
    }

    [Theory]
    [InlineData("--hours")]
    [InlineData("--rounds")]
    [InlineData("--failover-rounds")]
    public void Rows_that_wait_to_be_committed_are_in_nobodys_way(string kind)
    {
        File.AppendAllText(At("docs/soak/README.md"), "a row\n");

        Run($"./soak.sh {kind} 1").Said.ShouldContain("Build first");
    }

    private string At(string path) => Path.Combine(_folder.FullName, path);

    private (int Code, string Said) Run(string command)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", $"{{ {command}; }} 2>&1"])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var said = bash.StandardOutput.ReadToEnd();
        bash.WaitForExit();
        return (bash.ExitCode, said);
    }
}
