using Holdfast.Cli.Calls;
using Holdfast.Cli.Output;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Directory.Export;

namespace Holdfast.Cli.Records;

/// <summary>
/// <c>holdfast directory export</c>: all records into a file that is whole or not there. It is written beside its name,
/// flushed, and renamed; readable by its owner only.
/// </summary>
internal static class ExportCommand
{
    public static async Task<ExitCode> RunAsync(
        ToolRun run, string file, string? origin, bool isOverwriting, CancellationToken cancel)
    {
        if (!isOverwriting && File.Exists(file))
            throw ToolFailureException.Usage($"'{file}' is there already; another name, or --overwrite, is wanted.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? "";
        if (!System.IO.Directory.Exists(folder))
            throw ToolFailureException.Usage($"'{file}' cannot be written: there is no folder '{folder}'.");
        var directory = run.Directory;
        var from = origin ?? await Origin.OfConsensusAsync(run, cancel);
        var partial = $"{file}.{Environment.ProcessId}.part";
        try
        {
            var outcome = await WriteAsync(run, directory, partial, from, cancel);
            if (outcome.Status != DirectoryStatus.Ok)
            {
                throw new ToolFailureException(
                    ExitCode.Refused,
                    DirectoryWords.CodeOf(outcome.Status),
                    $"Shard {outcome.Shard:x2}: {DirectoryWords.Of(outcome.Status)} No file was written.");
            }

            File.Move(partial, file, isOverwriting);
            DirectoryNames.Flush(folder);
            Write(run, new ExportReport(1, file, from, outcome.Records, outcome.Malformed));
            if (outcome.Malformed == 0) return ExitCode.Done;
            throw new ToolFailureException(
                ExitCode.Failed,
                "recordsMalformed",
                $"{Spoken.Of(outcome.Malformed, "record")} of the directory cannot be read and " +
                $"{(outcome.Malformed == 1 ? "is" : "are")} not in {file}; the log of who scans a shard names it " +
                "(event 7007).");
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            throw new ToolFailureException(ExitCode.Failed, "fileFailed", $"No file was written: {unwritable.Message}");
        }
        finally
        {
            // In a folder that went away it would throw, and hide why.
            if (File.Exists(partial)) File.Delete(partial);
        }
    }

    private static async Task<ExportOutcome> WriteAsync(
        ToolRun run, IGrainDirectory directory, string path, string origin, CancellationToken cancel)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var progress = new Progress(run.Around, "records");
        await using var to = new FileStream(path, options);
        var outcome = await DirectoryExport.WriteAsync(
            directory, to, origin, run.Around.Time.GetUtcNow().UtcDateTime, progress, cancel);
        to.Flush(flushToDisk: true);
        return outcome;
    }

    private static void Write(ToolRun run, ExportReport report)
    {
        if (run.IsJson) JsonOutput.Write(run.Around.Out, report);
        else run.Screen.Title($"{Spoken.Of(report.Records, "record")} of {report.Origin} are in {report.File}.");
    }

    /// <summary><c>--json</c></summary>
    private sealed record ExportReport(int Format, string File, string Origin, long Records, long Malformed);
}

/// <summary>The name of an installation, so that the export of one is not brought into another.</summary>
internal static class Origin
{
    /// <summary>The group of the voters.</summary>
    /// <exception cref="ToolFailureException">No voter told it, or one refused to.</exception>
    public static async Task<string> OfConsensusAsync(ToolRun run, CancellationToken cancel)
    {
        var consensus = run.Consensus;
        foreach (var voter in run.Settings.Consensus)
        {
            try
            {
                return (await consensus.ConfigAsync(voter, cancel)).Fixed.Group;
            }
            catch (ConsensusUnavailableException)
            {
                // The next may answer; that none did is said below.
            }
            catch (ConsensusRefusedException refused)
            {
                throw new ToolFailureException(ExitCode.Refused, refused.Refusal.Code, refused.Message);
            }
        }

        throw ToolFailureException.Unreachable(
            "No voter told the name of its group, which names the installation in an export; give --origin.");
    }
}
