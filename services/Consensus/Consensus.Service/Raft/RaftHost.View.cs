using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <content>What this voter sees of its group.</content>
public sealed partial class RaftHost
{
    /// <summary>The group as this voter knows it now; null when it stops, or too much waits.</summary>
    internal Task<GroupView?> ViewAsync(CancellationToken cancellationToken)
    {
        if (_running is not { } running || _stopping.IsCancellationRequested) return Task.FromResult<GroupView?>(null);
        var caller = new TaskCompletionSource<GroupView?>(TaskCreationOptions.RunContinuationsAsynchronously);
        return running.Loop.TryPost(new HostInput.View(caller))
            ? caller.Task.WaitAsync(cancellationToken)
            : Task.FromResult<GroupView?>(null);
    }
}
