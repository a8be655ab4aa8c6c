using System.Collections.Concurrent;
using Holdfast.Recovery.Protocol;
using Holdfast.Recovery.Service.Consensus;
using Holdfast.Recovery.Service.Directory;
using Holdfast.Recovery.Service.Events;

namespace Holdfast.Recovery.Service.Loop;

/// <summary>
/// Carries outputs out beside the loop. Everything that is begun ends with an input; what must not happen ends the loop
/// with its exception. Bounded by the machine: one look, one advance, so many calls.
/// </summary>
internal sealed class RecoveryWork(
    RecoveryMailbox mailbox, WorldReader reader, RecoverySeat seat, GroupCaller groups, HostNudger nudger)
{
    private readonly ConcurrentDictionary<Task, bool> _underWay = [];

    public void Carry(RecoveryOutput output, CancellationToken cancel)
    {
        if (output.Observe) Begin(() => reader.ReadAsync(output.ObserveFrom, cancel), cancel);
        if (output.AdvanceElection) Begin(() => seat.AdvanceAsync(cancel), cancel);
        foreach (var call in output.Calls) Begin(() => groups.CallAsync(call, cancel), cancel);
        foreach (var nudge in output.Nudges) nudger.Nudge(nudge);
    }

    /// <summary>Completes once nothing is under way any more; the loop's stop has cancelled what was.</summary>
    public Task EndAsync() => Task.WhenAll(_underWay.Keys);

    private void Begin(Func<Task<RecoveryInput>> work, CancellationToken cancel)
    {
        var task = Task.Run(() => PostEndAsync(work, cancel), CancellationToken.None);
        _underWay.TryAdd(task, true);
        _ = task.ContinueWith(
            ended => _underWay.TryRemove(ended, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task PostEndAsync(Func<Task<RecoveryInput>> work, CancellationToken cancel)
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
