using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <content>
/// Who takes the turns. There is no thread of the loop: whoever brings something takes a turn at once, in its own
/// thread, unless another takes one, which then takes one more. So there is one owner at a time, and no thread has to
/// wake up between what comes in and what goes out.
/// </content>
internal sealed partial class RaftLoop : IThreadPoolWorkItem
{
    // What a thread that brought one thing does for others at most; then a thread of the pool goes on.
    private const int TurnsMax = 16;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // How often somebody brought something since the owner last looked; zero while there is no owner. It begins owned,
    // so that nobody takes a turn before the loop begins.
    private int _wakes = 1;
    private bool _isStopping;
    private long _persistedSeen;
    private long _appliedSeen;

    /// <summary>From now on turns are taken. A turn that throws is the last one.</summary>
    public void Begin(RaftEffects effects)
    {
        _effects = effects;
        TakeTurns(errand: null);
    }

    /// <summary>Something was brought that a turn must look at.</summary>
    /// <param name="errand">What the caller may do after the turn; nothing by default.</param>
    public void Wake(Errand? errand = null)
    {
        if (Interlocked.Increment(ref _wakes) == 1) TakeTurns(errand);
    }

    /// <summary>The same by another thread, when there is no owner: the caller has better to do.</summary>
    public void WakeElsewhere()
    {
        if (Interlocked.Increment(ref _wakes) == 1) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>
    /// Takes no more turns; completes when the one that is being taken has ended. Not to be called during
    /// <see cref="Begin"/>.
    /// </summary>
    public Task StopAsync()
    {
        Volatile.Write(ref _isStopping, true);
        if (_effects is null) _ended.TrySetResult();
        Wake();
        return _ended.Task;
    }

    void IThreadPoolWorkItem.Execute() => TakeTurns(errand: null);

    private void TakeTurns(Errand? errand)
    {
        for (var turns = 1; ; turns++)
        {
            var seen = Volatile.Read(ref _wakes);
            if (!TryTakeTurn())
            {
                // Owned for ever: nobody takes a turn any more.
                _ended.TrySetResult();
                return;
            }

            if (Interlocked.Add(ref _wakes, -seen) == 0)
            {
                _effects!.Begin(errand);
                return;
            }

            _effects!.Begin(null);
            if (turns < TurnsMax) continue;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
    }

    private bool TryTakeTurn()
    {
        if (Volatile.Read(ref _isStopping)) return false;
        try
        {
            TakeTurn();
            return true;
        }
        catch (Exception failure)
        {
            _effects!.Fail(failure);
            return false;
        }
    }

    private void TakeTurn()
    {
        TakeMailbox();
        if (TryAdvance(ref _persistedUpTo, ref _persistedSeen))
            Step(new RaftInput.Persisted(new PersistenceNumber((ulong)_persistedSeen)));
        if (TryAdvance(ref _appliedUpTo, ref _appliedSeen)) OnAppliedInTurn(new LogIndex((ulong)_appliedSeen));
        if (Interlocked.Exchange(ref _saved, null) is { } saved)
        {
            Step(new RaftInput.Snapshotted(saved.Snapshot));
            EndSnapshot(saved.Snapshot);
        }

        StepProposals();
        StepConfirmations();
        StepReads();
        if (_clock.Now() >= _node.NextDeadline) Step(RaftInput.Tick.Instance);
        _effects!.Flush();
        PublishStatus();
        ArmTimer();
    }
}
