using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Failover.Service.Loop;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Directory;

/// <summary>
/// Takes the steps of a repair: to the directory only while the lease holds, to Consensus in any case, since a report
/// is evidence and nobody's right.
/// </summary>
internal sealed class MemoryCalls(
    IGrainDirectory directory,
    ConsensusClient consensus,
    FailoverSeat seat,
    FailoverMailbox mailbox,
    ILogger<MemoryCalls> logger)
{
    /// <summary>Whether it was done; what was not is found again by the next look.</summary>
    public async Task<bool> TakeAsync(
        int shard, MemoryStep step, ShardMemory memory, RelayGrant grant, CancellationToken cancel)
    {
        var done = false;
        try
        {
            done = step is MemoryStep.Report report
                ? await ReportAsync(shard, report, memory, cancel)
                : await RepairAsync(shard, step, grant, cancel);
        }
        catch (Exception failure) when (
            failure is DirectoryUnavailableException or ConsensusUnavailableException or ConsensusRefusedException)
        {
            Log.RepairFailed(logger, step.GetType().Name, GrainShard.Name(shard), failure.Message);
        }

        Telemetry.Repaired(step, done);
        return done;
    }

    private async Task<bool> ReportAsync(
        int shard, MemoryStep.Report report, ShardMemory memory, CancellationToken cancel)
    {
        using var span = Telemetry.Source.StartActivity("failover directory lost");
        span?.SetTag("holdfast.shard", GrainShard.Name(shard));
        var loss = (await consensus.ReportDirectoryLossAsync(
            new DirectoryLostRequest
            {
                Shard = shard,
                Gen = report.Gen,
                Seq = report.Seq,
                Run = report.Process,
                Evidence = report.Evidence switch
                {
                    MemoryEvidence.Run => "run",
                    MemoryEvidence.Seq => "seq",
                    _ => "gen",
                },
            },
            span?.Id,
            by: null,
            cancel)).Demand();
        memory.Reported(Token.Parse(loss.Floor));
        Log.MemoryLost(logger, GrainShard.Name(shard), report.Gen, report.Seq, loss.Floor);

        // The machine needs a token from after the loss, and learns of it by looking.
        mailbox.Hint();
        return true;
    }

    private async Task<bool> RepairAsync(int shard, MemoryStep step, RelayGrant grant, CancellationToken cancel)
    {
        // Taken before the question, so that it is the end of the lease that is asked for.
        var ended = seat.Ended;
        using var leased = CancellationTokenSource.CreateLinkedTokenSource(cancel, ended);
        if (!seat.IsHeld) return false;
        try
        {
            var answer = await CallAsync(shard, step, grant, leased.Token);
            var name = GrainShard.Name(shard);
            if (answer.Status == DirectoryStatus.Ok) Log.Repaired(logger, name, step.ToString());
            else Log.RepairFailed(logger, step.GetType().Name, name, answer.Status.ToString());
            return answer.Status == DirectoryStatus.Ok;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    private Task<ShardAnswer> CallAsync(int shard, MemoryStep step, RelayGrant grant, CancellationToken cancel) =>
        step switch
        {
            MemoryStep.Confirm confirm => directory.ConfirmShardAsync(
                shard, grant.Election, grant.Token, new ShardVersion(confirm.Gen, confirm.Seq), cancel),
            MemoryStep.Reopen reopen => directory.ReopenShardAsync(
                shard, grant.Election, grant.Token, reopen.Floor, cancel),
            MemoryStep.Close close => directory.CloseWindowAsync(
                shard, grant.Election, grant.Token, close.Opened, cancel),
            _ => throw new InvariantViolatedException(step.ToString()),
        };
}
