using System.Diagnostics;
using Holdfast.Consensus.Service.Tests.Raft;

namespace Holdfast.Consensus.Service.Tests.Samples;

public sealed class RaftInAPageTests : IDisposable
{
    private readonly string _directory = System.IO.Directory.CreateTempSubdirectory("holdfast-page-").FullName;

    [Fact]
    public async Task The_page_of_Raft_keeps_its_words_from_run_to_run()
    {
        (await RunAsync("fast", "safe")).ShouldBe("fast safe");
        (await RunAsync("small")).ShouldBe("fast safe small");
    }

    [Fact]
    public void The_page_of_Raft_is_a_page()
    {
        var source = Path.Combine(AppContext.BaseDirectory, "Samples", "RaftInAPage.cs");
        File.ReadLines(source).Count().ShouldBeLessThanOrEqualTo(60);
    }

    public void Dispose() => System.IO.Directory.Delete(_directory, recursive: true);

    private async Task<string> RunAsync(params string[] words)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Holdfast.RaftInAPage.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, _directory, .. words])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        var said = await process.StandardOutput.ReadToEndAsync().OrFailAsync("the sample ends");
        await process.WaitForExitAsync().OrFailAsync("the sample's process ends");
        process.ExitCode.ShouldBe(0);
        return said.Trim();
    }
}
