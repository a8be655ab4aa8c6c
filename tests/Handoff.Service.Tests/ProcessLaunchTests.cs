using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Service.Processes;

namespace Holdfast.Handoff.Service.Tests;

public sealed class ProcessLaunchTests
{
    private const int Duplicate = 0;

    [Fact]
    public async Task A_process_inherits_no_descriptor_that_it_is_not_handed()
    {
        var seen = Path.Combine(Path.GetTempPath(), $"descriptors-{Guid.NewGuid():n}");
        var stray = NativeCalls.FileControl(0, Duplicate, 300);
        stray.ShouldBeGreaterThanOrEqualTo(300);
        try
        {
            var launch = new ProcessLaunch(
                "/bin/sh",
                ["-c", $"ls /proc/$$/fd > {seen}"],
                new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
                "/",
                []);
            using var process = RunningProcess.OfChild(launch.Start(), new BuildName("1.0"));
            var code = await process.Exit.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            code.ShouldBe(0);
            File.ReadAllLines(seen).ShouldNotContain($"{stray}");
        }
        finally
        {
            _ = NativeCalls.Close(stray);
            File.Delete(seen);
        }
    }
}
