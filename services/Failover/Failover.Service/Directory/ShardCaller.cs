using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Failover.Service.Events;

namespace Holdfast.Failover.Service.Directory;

/// <summary>
/// Makes the machine's calls to the directory, inside the sweep's trace, and only while the lease holds: what waited
/// in a queue of this process meanwhile is not sent.
/// </summary>
internal sealed class ShardCaller(
    IGrainDirectory directory,
    FailoverSeat seat,
    SnapshotReader snapshots,
    SweepTraces traces,
    RelayKeeper relay,
    ILogger<ShardCaller> logger)
{
    public async Task<FailoverInput> CallAsync(ShardCall call, CancellationToken cancel)
    {
        // Taken before the question, so that it is the end of the lease that is asked for. The directory repeats a call
        // that is not answered; none of that goes on without the lease.
        var ended = seat.Ended;
        using var leased = CancellationTokenSource.CreateLinkedTokenSource(cancel, ended);
        var result = seat.IsHeld
            ? await TryAsync(call, leased.Token)
            : new CallResult.Failed("the election is not held");
        cancel.ThrowIfCancellationRequested();
        Telemetry.CallEnded(call, result);
        if (result is CallResult.Failed failed) Log.CallFailed(logger, call.GetType().Name, call.Shard, failed.Why);
        return new FailoverInput.CallEnded(call, result);
    }

    private async Task<CallResult> TryAsync(ShardCall call, CancellationToken cancel)
    {
        try
        {
            return call switch
            {
                ShardCall.Open open => ResultOf(
                    await directory.OpenShardAsync(open.Shard, seat.Election, open.Token, open.Floor, cancel)),
                ShardCall.InstallGrant install => ResultOf(
                    await directory.InstallGrantAsync(install.Shard, seat.Election, install.Token, cancel)),
                ShardCall.Promote promote => await PromoteAsync(promote, cancel),
                ShardCall.Count count => ResultOf(await directory.CountAsync(count.Shard, count.Clusters, cancel)),
                _ => throw new Primitives.InvariantViolatedException(call.ToString()),
            };
        }
        catch (DirectoryUnavailableException failure)
        {
            return new CallResult.Failed(failure.Message);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return new CallResult.Failed("the lease has ended");
        }
    }

    private async Task<CallResult> PromoteAsync(ShardCall.Promote call, CancellationToken cancel)
    {
        using var span = traces.EnterCall(call);
        var answer = await directory.PromoteAsync(
            new PromoteCall(
                call.Shard,
                seat.Election,
                call.Token,
                call.From,
                snapshots.LivingSessions(call.From),
                call.Cursor,
                traces.CauseOf(call.From))
            {
                GrainsMax = call.GrainsMax,
                KeptFor = call.KeptFor,
                LivingBefore = snapshots.LivingBefore,
                Types = call.Part == TypePart.All ? null : new GrainTypeFilter(call.Part.IsOnly, call.Part.Types),
            },
            cancel);
        if (answer.Promoted > 0) relay.Nudge(call.Shard);
        return answer.Status switch
        {
            DirectoryStatus.Ok => new CallResult.Batch(
                answer.Promoted, answer.Newer, answer.Leased, answer.Remaining, answer.Next, answer.Skipped)
            {
                Malformed = answer.Malformed,
            },
            DirectoryStatus.GrantSuperseded or DirectoryStatus.BelowFloor => new CallResult.Refused(answer.Bound),
            var status => new CallResult.Failed(status.ToString()),
        };
    }

    private static CallResult ResultOf(CountAnswer answer) => answer.Status == DirectoryStatus.Ok
        ? new CallResult.Counted(
            [.. answer.Counts], [.. answer.Others.Select(owner => (owner.Cluster, owner.Grains))])
        {
            Promoted = [.. answer.Promoted.Select(one => new PastPromotion(one.Ago, one.Grains))],
        }
        : new CallResult.Failed(answer.Status.ToString());

    private static CallResult ResultOf(ShardAnswer answer) => answer.Status switch
    {
        DirectoryStatus.Ok => new CallResult.Done(),
        DirectoryStatus.GrantSuperseded or DirectoryStatus.BelowFloor => new CallResult.Refused(answer.Bound),
        var status => new CallResult.Failed(status.ToString()),
    };
}
