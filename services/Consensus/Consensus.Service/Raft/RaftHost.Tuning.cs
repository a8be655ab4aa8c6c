using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <content>What can be changed while this voter runs.</content>
public sealed partial class RaftHost
{
    /// <summary>
    /// Puts other figures in force, at this voter and until it ends. Completes when they are: <see cref="Status"/>
    /// shows them. False when this voter stops, or too much waits; then nothing was changed.
    /// </summary>
    public Task<bool> ReconfigureAsync(HotOptions options, CancellationToken cancellationToken)
    {
        if (_running is not { } running || _stopping.IsCancellationRequested) return Task.FromResult(false);
        var caller = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return running.Loop.TryPost(new HostInput.Reconfigure(options, caller))
            ? caller.Task.WaitAsync(cancellationToken)
            : Task.FromResult(false);
    }

    /// <summary>
    /// Takes a snapshot of this voter's state now, whatever the policy says. Completes when it is durable, or refused.
    /// </summary>
    public Task<SnapshotOutcome> TakeSnapshotAsync(CancellationToken cancellationToken)
    {
        if (_running is not { } running || _stopping.IsCancellationRequested)
            return Task.FromResult<SnapshotOutcome>(SnapshotOutcome.Stopped.Instance);
        var caller = new TaskCompletionSource<SnapshotOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        return running.Loop.TryPost(new HostInput.Snapshot(caller))
            ? caller.Task.WaitAsync(cancellationToken)
            : Task.FromResult<SnapshotOutcome>(SnapshotOutcome.Stopped.Instance);
    }
}
