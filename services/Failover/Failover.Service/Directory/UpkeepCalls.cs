using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Failover.Service.Loop;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Directory;

/// <summary>Takes the steps of the upkeep: to the directory only while the lease holds.</summary>
internal sealed class UpkeepCalls(
    IGrainDirectory directory, FailoverSeat seat, FailoverMailbox mailbox, ILogger<UpkeepCalls> logger)
{
    /// <summary>Whether it was done, and after a page the cursor of the next.</summary>
    public async Task<(bool IsDone, string? Next)> TakeAsync(UpkeepStep step, CancellationToken cancel)
    {
        if (step is UpkeepStep.Renew)
        {
            await mailbox.PostAsync(new FailoverInput.Renew(), cancel);
            return (true, null);
        }

        // Taken before the question, so that it is the end of the lease that is asked for.
        var ended = seat.Ended;
        using var leased = CancellationTokenSource.CreateLinkedTokenSource(cancel, ended);
        if (!seat.IsHeld) return (false, null);
        try
        {
            var (status, next) = await CallAsync(step, leased.Token);
            if (status == DirectoryStatus.Ok) return (true, next);
            Fail(step, status.ToString());
        }
        catch (DirectoryUnavailableException failure)
        {
            Fail(step, failure.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            Fail(step, "the lease has ended");
        }

        return (false, null);
    }

    private async Task<(DirectoryStatus Status, string? Next)> CallAsync(UpkeepStep step, CancellationToken cancel)
    {
        switch (step)
        {
            case UpkeepStep.RaiseFloor raise:
                var raised = await directory.RaiseFloorAsync(
                    raise.Shard, seat.Election, raise.Token, raise.Floor, cancel);
                return (raised.Status, null);
            case UpkeepStep.Erase erase:
                var erased = await directory.EraseTombstonesAsync(
                    erase.Shard, seat.Election, erase.Token, erase.Cursor, cancel);
                Telemetry.Erased(erased.Erased);
                return (erased.Status, erased.Next);
            default:
                throw new InvariantViolatedException(step.ToString());
        }
    }

    private void Fail(UpkeepStep step, string why)
    {
        Telemetry.UpkeepFailed(step);
        Log.UpkeepFailed(logger, step.GetType().Name, GrainShard.Name(step.Shard), why);
    }
}
