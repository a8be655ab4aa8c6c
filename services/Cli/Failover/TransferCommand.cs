using Holdfast.Cli.Calls;
using Holdfast.Cli.Output;
using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Failover;

/// <summary><c>holdfast transfer --json</c></summary>
internal sealed record TransferReport(int Format, GrainTransferAnswer Transfer);

/// <summary>
/// <c>holdfast transfer</c>: asks the owners in a cluster to give grains to another, and follows it. A transfer goes on
/// when the tool ends.
/// </summary>
internal static class TransferCommand
{
    private const string Running = "running";
    private const string Completed = "completed";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static async Task<ExitCode> RunAsync(
        ToolRun run, GrainTransferRequest wish, bool isWaiting, CancellationToken cancel)
    {
        var (at, transfer) = await Steering.PostAsync<GrainTransferAnswer>(run, FailoverRoutes.Transfers, wish, cancel);
        var isInterrupted = false;
        try
        {
            if (isWaiting) transfer = await FollowAsync(run, at, transfer, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            isInterrupted = true;
        }

        if (run.IsJson) JsonOutput.Write(run.Around.Out, new TransferReport(1, transfer));
        else Write(run.Screen, transfer);
        if (isInterrupted)
        {
            throw ToolFailureException.Interrupted(
                $"Interrupted; the transfer {transfer.Id} goes on, and is told by {at.Authority} under " +
                $"{FailoverRoutes.Transfer(transfer.Id)}.");
        }

        if (transfer.State is Completed or Running) return ExitCode.Done;
        throw new ToolFailureException(
            ExitCode.Failed, transfer.State, $"The transfer is {transfer.State}: {transfer.Detail ?? "no detail"}");
    }

    private static async Task<GrainTransferAnswer> FollowAsync(
        ToolRun run, Uri at, GrainTransferAnswer transfer, CancellationToken cancel)
    {
        using var progress = new Progress(run.Around, "transferred");
        using var timer = new PeriodicTimer(Pause, run.Around.Time);
        while (transfer.State == Running)
        {
            progress.Tell($"{Spoken.Of(transfer.Transferred)} transferred, {Spoken.Of(transfer.Remaining)} still in " +
                $"{transfer.From}, {Spoken.Of(transfer.Batches, "batch", "batches")}");
            await timer.WaitForNextTickAsync(cancel);
            var reply = await run.Caller.GetAsync<GrainTransferAnswer>(
                at, FailoverRoutes.Transfer(transfer.Id), cancel);
            transfer = reply.Value ?? throw new ToolFailureException(
                ExitCode.Failed,
                "transferLost",
                $"The transfer {transfer.Id} may go on or not: {at.Authority} tells no more of it ({reply.Failure}).");
        }

        return transfer;
    }

    private static void Write(Screen screen, GrainTransferAnswer transfer)
    {
        var type = transfer.GrainType is { } only ? $" of type {only}" : "";
        screen.Title($"From {transfer.From} to {transfer.To}: {Spoken.Of(transfer.Transferred, "grain")}{type} " +
            $"transferred in {Spoken.Of(transfer.Batches, "batch", "batches")}, {Spoken.Of(transfer.Remaining)} of " +
            $"all types still in {transfer.From}.");
        screen.Title($"Transfer {transfer.Id} is {transfer.State}.");
    }
}
