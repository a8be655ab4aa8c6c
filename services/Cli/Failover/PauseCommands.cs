using Holdfast.Cli.Calls;
using Holdfast.Cli.Output;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Failover;

/// <summary><c>holdfast pause</c> and <c>holdfast resume</c></summary>
internal static class PauseCommands
{
    public static Task<ExitCode> PauseAsync(ToolRun run, string? cluster, string? reason, CancellationToken cancel) =>
        WriteAsync(run, FailoverRoutes.Pause, new PauseRequest { Cluster = cluster, Reason = reason }, cluster, cancel);

    public static Task<ExitCode> ResumeAsync(ToolRun run, string? cluster, CancellationToken cancel) =>
        WriteAsync(run, FailoverRoutes.Resume, new ResumeRequest { Cluster = cluster }, cluster, cancel);

    private static async Task<ExitCode> WriteAsync(
        ToolRun run, string path, object request, string? cluster, CancellationToken cancel)
    {
        var (_, answer) = await Steering.PostAsync<CommandAccepted>(run, path, request, cancel);
        var isPaused = path == FailoverRoutes.Pause;
        if (run.IsJson) JsonOutput.Write(run.Around.Out, new PauseDone(1, cluster, isPaused));
        else run.Screen.Title(answer.Detail ?? "Done.");
        return ExitCode.Done;
    }

    /// <summary><c>--json</c> of both.</summary>
    private sealed record PauseDone(int Format, string? Cluster, bool Paused);
}
