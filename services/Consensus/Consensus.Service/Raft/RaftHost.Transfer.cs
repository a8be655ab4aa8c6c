using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <content>Leadership handed on, by an operator's wish or because this voter stops.</content>
public sealed partial class RaftHost
{
    // Whoever stops a service waits for it; the others elect without this voter in about that time.
    private static readonly TimeSpan StepAsideMax = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Hands leadership to a voter, or to the one whose log is the furthest, without an election timeout. Takes no
    /// commands meanwhile; leads on when the target has not taken over within the shortest election timeout.
    /// </summary>
    public Task<TransferOutcome> TransferLeadershipAsync(NodeId? to, CancellationToken cancellationToken)
    {
        if (_running is not { } running || _stopping.IsCancellationRequested)
            return Task.FromResult<TransferOutcome>(new TransferOutcome.NotLeader(null));
        var caller = new TaskCompletionSource<TransferOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        return running.Loop.TryPost(new HostInput.Transfer(to, caller))
            ? caller.Task.WaitAsync(cancellationToken)
            : Task.FromResult<TransferOutcome>(new TransferOutcome.NotLeader(Status.Leader));
    }

    /// <summary>
    /// Before a stop: a leader hands over, so that the others need not notice its silence first. Returns when another
    /// leads, or nobody else can in time, which is the shortest and the longest election timeout together, at most
    /// 3 s; this voter still takes part.
    /// </summary>
    public async Task StepAsideAsync(CancellationToken cancellationToken = default)
    {
        if (Status.Members.Voters.Length == 1 || Status.Role != RaftRole.Leader) return;
        var patience = Status.ElectionTimeoutMin + Status.ElectionTimeoutMax;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience < StepAsideMax ? patience : StepAsideMax);
        try
        {
            await TransferLeadershipAsync(to: null, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nobody leads yet; the others elect without this voter.
        }
    }
}
