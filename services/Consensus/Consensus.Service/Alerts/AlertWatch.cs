using Holdfast.Consensus.Protocol.Alerts;
using Holdfast.Consensus.Service.Leading;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Hosting;

namespace Holdfast.Consensus.Service.Alerts;

/// <summary>
/// Feeds the <see cref="AlertBoard"/> of every voter, leader or not, for as long as the voter runs; and tells why it
/// stopped by itself.
/// </summary>
internal sealed class AlertWatch(RaftHost raft, AlertBoard board, LeaderClock clock) : BackgroundService
{
    /// <summary>Between two looks. Much shorter than what is waited for.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    // A loop that takes no turn for so long is looked at again.
    private static readonly TimeSpan ViewDeadline = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (LogWhole.ProblemOf(raft.Status) is { } damage) board.Report(AlertKind.CorruptionFound, Sentence(damage));
        try
        {
            while (!raft.Completion.IsCompleted)
            {
                await clock.PauseAsync(Tick, stoppingToken);
                await LookAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; whether the voter did so before is told below.
        }

        TellEnd();
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(ViewDeadline);
        try
        {
            if (await raft.ViewAsync(deadline.Token) is { } view) board.Look(view);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Nothing was seen; the next look tells of what lasts.
        }
    }

    private static string Sentence(string words) => $"{char.ToUpperInvariant(words[0])}{words[1..]}.";

    private void TellEnd()
    {
        if (raft.Completion is not { IsFaulted: true, Exception.InnerException: { } fault }) return;
        board.Report(
            fault is SnapshotFailedException ? AlertKind.SnapshotFailed : AlertKind.VoterStopped,
            $"{raft.Options.Node} stopped by itself, since going on could lose what it acknowledged: {fault.Message}");
    }
}

/// <summary>What holds is told beside the readiness, and makes nothing unready.</summary>
internal sealed class AlertsTold(AlertBoard board) : IReadinessCheck
{
    public string Name => "consensus alerts";

    public string? WaitsFor() => null;

    public string? Warning() => board.Standing is { Count: > 0 } standing ? string.Join(", ", standing) : null;
}
