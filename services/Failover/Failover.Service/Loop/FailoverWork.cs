using System.Collections.Concurrent;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Failover.Service.Directory;
using Holdfast.Failover.Service.Events;

namespace Holdfast.Failover.Service.Loop;

/// <summary>
/// Carries outputs out beside the loop. Everything that is begun ends with an input; what must not happen ends the
/// loop with its exception. Bounded by the machine: one look, one advance, one definition, so many shard calls.
/// </summary>
internal sealed class FailoverWork(
    FailoverMailbox mailbox,
    SnapshotReader snapshots,
    FailoverSeat seat,
    DirectoryDefinitionWriter definitions,
    ShardCaller shards,
    NoticePublisher notices)
{
    private readonly ConcurrentDictionary<Task, bool> _underWay = [];

    public void Carry(FailoverOutput output, CancellationToken cancel)
    {
        // Said before it is done: the sweep's span opens with its start, and the calls run inside it.
        foreach (var notice in output.Notices) notices.Publish(notice);
        if (output.Observe) Begin(() => snapshots.ReadAsync(output.ObserveFrom, cancel), cancel);
        if (output.AdvanceElection) Begin(() => seat.AdvanceAsync(cancel), cancel);
        if (output.Define is { } write) Begin(() => definitions.WriteAsync(write, cancel), cancel);
        foreach (var call in output.Calls) Begin(() => shards.CallAsync(call, cancel), cancel);
    }

    /// <summary>Completes once nothing is under way any more; the loop's stop has cancelled what was.</summary>
    public Task EndAsync() => Task.WhenAll(_underWay.Keys);

    private void Begin(Func<Task<FailoverInput>> work, CancellationToken cancel)
    {
        var task = Task.Run(() => PostEndAsync(work, cancel), CancellationToken.None);
        _underWay.TryAdd(task, true);
        _ = task.ContinueWith(
            ended => _underWay.TryRemove(ended, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task PostEndAsync(Func<Task<FailoverInput>> work, CancellationToken cancel)
    {
        try
        {
            await mailbox.PostAsync(await work(), cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return; // The loop has stopped; nobody waits for the answer.
        }
        catch (Exception bug)
        {
            mailbox.Fail(bug);
        }
    }
}
