using Holdfast.Cli.Calls;
using Holdfast.Cli.Output;
using Holdfast.Cli.Settings;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Cli.Explain;

/// <summary><c>holdfast explain &lt;grain&gt;</c></summary>
internal static class ExplainCommand
{
    private const int HistoryMax = 100;

    public static async Task<ExitCode> RunAsync(ToolRun run, GrainId grain, CancellationToken cancel)
    {
        var services = new Rounds(run.Caller, run.Settings, run.Around.Time).AskAllAsync(cancel);
        var (record, history, unknown) = await RecordAsync(run, grain, cancel);
        var evidence = new Evidence(grain, record, history, await services);
        var owner = OwnerReading.Of(evidence);
        var report = new ExplainReport
        {
            At = evidence.Findings.At,
            Grain = grain.ToString(),
            State = Reasoning.StateOf(evidence),
            Record = record,
            Type = evidence.Type,
            Owner = owner,
            History = history,
            Now = Reasoning.Of(evidence, owner),
            NotKnown = [.. NotKnown(run.Settings, evidence.Findings, unknown)],
        };
        if (run.IsJson) JsonOutput.Write(run.Around.Out, report);
        else ExplainScreen.Write(run.Screen, report);
        return ExitCode.Done;
    }

    /// <summary>By the first Failover that answers, else by the directory itself.</summary>
    private static async Task<Told> RecordAsync(
        ToolRun run, GrainId grain, CancellationToken cancel)
    {
        var failures = new List<string>();
        foreach (var failover in run.Settings.Failover)
        {
            var reply = await run.Caller.GetAsync<GrainOwnerAnswer>(
                failover, FailoverRoutes.Grain(grain.Type, grain.Key), cancel);
            if (reply.Value is not null || reply.Code == ProblemCodes.NotFound)
            {
                var history = await run.Caller.GetAsync<List<GrainHistoryAnswer>>(
                    failover, FailoverRoutes.History(grain.Type, grain.Key), cancel);
                return new Told(
                    reply.Value,
                    history.Value ?? [],
                    history.Code == ProblemCodes.NotFound ? null : history.Failure);
            }

            failures.Add($"{failover.Authority}: {reply.Failure}");
        }

        if (run.Settings.Directory is not null) return await OfDirectoryAsync(run.Directory, grain, cancel);
        if (failures.Count == 0) throw ToolRun.Missing("Failover or grain directory", SettingKey.Failover);
        throw ToolFailureException.Unreachable($"No Failover told who owns {grain}: {string.Join("; ", failures)}.");
    }

    private static async Task<Told> OfDirectoryAsync(
        IGrainDirectory directory, GrainId grain, CancellationToken cancel)
    {
        var answer = (await directory.LookupAsync([grain], cancel))[0];
        if (answer.Status != DirectoryStatus.NotFound) DirectoryWords.Demand(answer.Status);
        var (history, unknown) = await HistoryAsync(directory, grain, cancel);
        return new Told(answer.Record is { } record ? GrainRecordAnswer.Of(record) : null, history, unknown);
    }

    private static async Task<(IReadOnlyList<GrainHistoryAnswer> History, string? Unknown)> HistoryAsync(
        IGrainDirectory directory, GrainId grain, CancellationToken cancel)
    {
        try
        {
            var history = await directory.HistoryAsync(grain, HistoryMax, cancel);
            if (history.Status != DirectoryStatus.Ok) return ([], DirectoryWords.Of(history.Status));
            return (
                [
                    .. history.Entries.Select(entry => new GrainHistoryAnswer
                    {
                        At = entry.At,
                        Cause = entry.Cause,
                        Seq = entry.Seq,
                        Record = GrainRecordAnswer.Of(entry.Record),
                    }),
                ],
                null);
        }
        catch (DirectoryUnavailableException away)
        {
            return ([], away.Message);
        }
    }

    private static IEnumerable<string> NotKnown(ToolSettings settings, Findings findings, string? noHistory)
    {
        if (noHistory is not null) yield return $"What happened to it: {noHistory.TrimEnd('.')}.";
        if (settings.Consensus.Count == 0)
            yield return "Whether the owner lives: no voter of Consensus is named (--consensus).";
        else if (findings.Snapshot is null)
            yield return "Whether the owner lives: no voter of Consensus answered.";
        else if (!findings.Voters.Any(voter => voter.Answer.Value is { Role: "leader" }))
            yield return "What is newer than the state of a voter that does not lead: the leader did not answer.";
        foreach (var failover in findings.Failovers.Where(asked => asked.Answer.Value is null))
            yield return $"What the Failover at {failover.Address.Authority} would do: {failover.Answer.Failure}.";
    }

    /// <summary>What is written of a grain.</summary>
    /// <param name="Record">Null where there is none.</param>
    /// <param name="History">Newest first.</param>
    /// <param name="NoHistory">Why its history is not known; null where it is.</param>
    private sealed record Told(
        GrainOwnerAnswer? Record, IReadOnlyList<GrainHistoryAnswer> History, string? NoHistory);
}
