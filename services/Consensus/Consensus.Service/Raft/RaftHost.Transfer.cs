using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <content>Leadership handed on, by an operator's wish or because this voter stops.</content>
public sealed partial class RaftHost
{
    // Whoever stops a service waits for it; the others elect without this voter in about that time.
    private static readonly TimeSpan StepAsideMax = TimeSpan.FromSeconds(3);

    private Func<Task>? _stopTasks;
    private Func<Term?, Task>? _goOn;

    /// <summary>
    /// Hands leadership to a voter, or to the one whose log is the furthest, without an election timeout. Takes no
    /// commands meanwhile; leads on when the target has not taken over within the shortest election timeout.
    /// </summary>
    public Task<TransferOutcome> TransferLeadershipAsync(NodeId? to, CancellationToken cancellationToken) =>
        HandOverAsync(to).WaitAsync(cancellationToken);

    /// <summary>
    /// Ties tasks to leadership: they have stopped before it is handed on, and are told after, whatever came of it, up
    /// to which term this voter's leadership is over. Of a loss that nobody wished for they learn by
    /// <see cref="WatchLeadershipAsync"/>.
    /// </summary>
    /// <param name="stop">Completes when they have stopped; at once where this voter does not lead.</param>
    /// <param name="goOn">The term of the next leader; null when nothing was handed on.</param>
    internal void TieTasks(Func<Task> stop, Func<Term?, Task> goOn) => (_stopTasks, _goOn) = (stop, goOn);

    /// <summary>Goes on to its end, also when nobody waits for it any more: the tasks must be told.</summary>
    private async Task<TransferOutcome> HandOverAsync(NodeId? to)
    {
        // Whether it leads or not: it may begin to before the wish is looked at.
        if (_stopTasks is not { } stop || _goOn is not { } goOn) return await AskToHandOverAsync(to);
        var stopping = stop();
        await stopping.WaitAsync(Status.ElectionTimeoutMin).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stopping.IsCompleted)
        {
            // What does not stop would act beside the next leader: this one leads on, and they go on when they can.
            _ = stopping.ContinueWith(_ => goOn(null), CancellationToken.None, default, TaskScheduler.Default);
            return Status.Role == RaftRole.Leader
                ? new TransferOutcome.Refused(TransferStage.Aborted, to)
                : new TransferOutcome.NotLeader(Status.Leader);
        }

        Term? over = null;
        try
        {
            await stopping;
            var outcome = await AskToHandOverAsync(to);
            over = (outcome as TransferOutcome.Moved)?.Term;
            return outcome;
        }
        finally
        {
            await goOn(over);
        }
    }

    private Task<TransferOutcome> AskToHandOverAsync(NodeId? to)
    {
        if (_running is not { } running || _stopping.IsCancellationRequested)
            return Task.FromResult<TransferOutcome>(new TransferOutcome.NotLeader(null));
        var caller = new TaskCompletionSource<TransferOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        return running.Loop.TryPost(new HostInput.Transfer(to, caller))
            ? caller.Task
            : Task.FromResult<TransferOutcome>(new TransferOutcome.Overloaded());
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
