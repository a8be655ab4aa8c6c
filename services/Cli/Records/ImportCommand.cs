using Holdfast.Cli.Calls;
using Holdfast.Cli.Output;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Directory.Export;
using Holdfast.Primitives;

namespace Holdfast.Cli.Records;

/// <summary>
/// <c>holdfast directory import</c>: brings the records of an export back, under a token of its own, into shards that
/// are being told again what they forgot. A record that is there under a higher epoch stays.
/// </summary>
internal static class ImportCommand
{
    private const string SessionName = "holdfast directory import";

    // Only imports stand for it, so who asks is granted at once, or another import runs. Of the kind that makes no
    // cluster count as one that may inherit.
    private static readonly ElectionName Election = new("recovery/import");

    public static async Task<ExitCode> RunAsync(
        ToolRun run, string file, string? origin, bool isYes, CancellationToken cancel)
    {
        try
        {
            await using var from = File.OpenRead(file);
            var summary = await DirectoryExport.CheckAsync(from, cancel);
            from.Position = 0;
            var to = origin ?? await Origin.OfConsensusAsync(run, cancel);
            Confirmation.Demand(
                run.Around,
                isYes,
                $"{Spoken.Of(summary.Records, "record")} of {summary.Origin}, exported {Spoken.Of(summary.At)}, go " +
                "into the directory where its reassert window is open; what is there under a higher epoch stays.");
            return await ImportAsync(run, from, to, cancel);
        }
        catch (DirectoryExportException unusable)
        {
            throw new ToolFailureException(
                ExitCode.Usage,
                "exportUnusable",
                $"'{file}' cannot be imported, and nothing was changed: {unusable.Message}");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw ToolFailureException.Usage($"'{file}' cannot be read: {unreadable.Message}");
        }
    }

    private static async Task<ExitCode> ImportAsync(
        ToolRun run, FileStream from, string origin, CancellationToken cancel)
    {
        var directory = run.Directory;
        var consensus = run.Consensus;
        try
        {
            await using var session = await HoldfastSession.OpenAsync(
                consensus,
                new HoldfastSessionOptions { Cluster = await ClusterAsync(consensus, cancel), Name = SessionName },
                cancel);
            var grant = Demand(await consensus.CampaignAsync(Election, session.Id, cancel));
            if (grant.Holder != session.Id.ToString())
            {
                throw new ToolFailureException(
                    ExitCode.Refused,
                    "importRuns",
                    $"Another import holds the election {Election}; nothing was changed.");
            }

            var right = new ImportRight(origin, Election, Token.Parse(grant.Token!));
            return Write(run, await RunAsync(run, directory, from, right, cancel));
        }
        catch (ConsensusRefusedException refused)
        {
            throw new ToolFailureException(ExitCode.Refused, "consensusRefused", refused.Message);
        }
        catch (ConsensusUnavailableException away)
        {
            throw ToolFailureException.Unreachable(
                $"Consensus, which grants the token of an import, does not answer: {away.Message}");
        }
    }

    /// <summary>
    /// One that lives: a session makes its cluster count as living, and so as one that may inherit.
    /// </summary>
    private static async Task<ClusterId> ClusterAsync(ConsensusClient consensus, CancellationToken cancel)
    {
        var nodes = (await consensus.SnapshotAsync(cancel)).Nodes;
        return (nodes.FirstOrDefault(node => node.Live) ?? (nodes is [var first, ..] ? first : null)) is { } node
            ? new ClusterId(node.Cluster)
            : throw new ToolFailureException(
                ExitCode.Refused, "noNodes", "Consensus knows no node yet: there is no cluster to import for.");
    }

    private static async Task<ImportOutcome> RunAsync(
        ToolRun run, IGrainDirectory directory, FileStream from, ImportRight right, CancellationToken cancel)
    {
        using var progress = new Progress(run.Around, "records");
        var answered = new Answered(progress);
        try
        {
            return await DirectoryExport.ImportAsync(directory, from, right, answered, cancel);
        }
        catch (Exception broken) when (
            broken is DirectoryUnavailableException or IOException or UnauthorizedAccessException ||
            (broken is DirectoryExportException && answered.Records > 0))
        {
            throw new ToolFailureException(
                ExitCode.Failed,
                "importBroken",
                $"The import ended in part, {Spoken.Of(answered.Records, "record")} were answered before, and it may " +
                $"be repeated: {broken.Message}");
        }
    }

    /// <summary>Keeps how many records were answered.</summary>
    private sealed class Answered(IProgress<long> shown) : IProgress<long>
    {
        public long Records { get; private set; }

        public void Report(long value)
        {
            Records = value;
            shown.Report(value);
        }
    }

    private static ExitCode Write(ToolRun run, ImportOutcome outcome)
    {
        var (there, older) = (Count(outcome, DirectoryStatus.Ok), Count(outcome, DirectoryStatus.LostRace));
        var refused = outcome.ByStatus
            .Where(status => status.Key is not (DirectoryStatus.Ok or DirectoryStatus.LostRace))
            .OrderBy(status => status.Key)
            .Select(status => new RefusedCount(DirectoryWords.CodeOf(status.Key), status.Value))
            .ToList();
        if (run.IsJson)
        {
            var export = outcome.Export;
            JsonOutput.Write(
                run.Around.Out, new ImportReport(1, export.Origin, export.Records, there, older, refused));
        }
        else
        {
            run.Screen.Title($"Of {Spoken.Of(outcome.Export.Records, "record")}, {Spoken.Of(there)} are there now " +
                $"and {Spoken.Of(older)} were older than what is known.");
            foreach (var (reason, count) in refused.Select(one => (one.Code, one.Records)))
                run.Screen.Line(new Words($"{Spoken.Of(count)} refused: {reason}", Tone.Bad));
        }

        if (refused.Count == 0) return ExitCode.Done;
        throw new ToolFailureException(
            there > 0 ? ExitCode.Failed : ExitCode.Refused,
            refused[0].Code,
            $"{Spoken.Of(refused.Sum(one => one.Records), "record")} were not imported; an import may be repeated. " +
            DirectoryWords.Of(outcome.ByStatus.Keys.Order().First(status =>
                status is not (DirectoryStatus.Ok or DirectoryStatus.LostRace))));
    }

    private static long Count(ImportOutcome outcome, DirectoryStatus status) =>
        outcome.ByStatus.GetValueOrDefault(status);

    private static T Demand<T>(ConsensusOutcome<T> outcome)
        where T : class => outcome.TryGet(out var value, out var refusal)
        ? value
        : throw new ToolFailureException(
            ExitCode.Refused, refusal.Code, $"Consensus refuses ({refusal.Code}): {refusal.Detail}");

    /// <summary><c>--json</c></summary>
    private sealed record ImportReport(
        int Format, string Origin, long Records, long There, long Older, IReadOnlyList<RefusedCount> Refused);

    private sealed record RefusedCount(string Code, long Records);
}
