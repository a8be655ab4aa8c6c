using Holdfast.Cli.Calls;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Status;

/// <summary><c>holdfast status</c></summary>
internal static class StatusCommand
{
    public static async Task<ExitCode> RunAsync(ToolRun run, bool isAll, bool isCheck, CancellationToken cancel)
    {
        if (run.Settings.NamesNoService)
        {
            throw ToolFailureException.Usage(
                "No service is named: give --consensus, --gossip and --failover, the same as HOLDFAST_CONSENSUS " +
                "and so on, or a file with settings (see holdfast --help).");
        }

        var directory = DirectoryProbe.AskAsync(run, cancel);
        var findings = await new Rounds(run.Caller, run.Settings, run.Around.Time).AskAllAsync(cancel);
        var report = StatusReading.Of(findings, await directory);
        if (run.IsJson) JsonOutput.Write(run.Around.Out, report);
        else new StatusScreen(run.Screen, report, isAll).Write();
        if (!findings.IsAnything)
            throw ToolFailureException.Unreachable("Nobody answered; above is who was asked, and what came of it.");
        return isCheck && report.Attention.Count > 0 ? ExitCode.Attention : ExitCode.Done;
    }
}
