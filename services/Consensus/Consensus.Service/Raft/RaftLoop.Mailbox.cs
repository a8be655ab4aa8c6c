using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <content>What comes in, from any thread, and what becomes of it at the end.</content>
internal sealed partial class RaftLoop
{
    // Bounds a turn, so that the clock is looked at in between.
    private const int InputsPerTurnMax = 4096;

    // Completions are numbers that only grow; the newest says all, so they need no place in the mailbox.
    private long _persistedUpTo;
    private long _appliedUpTo;

    // What the state machine really holds: behind the above while it passes over a snapshot for a newer one.
    private long _heldUpTo;
    private SnapshotInfoBox? _saved;

    /// <summary>False when too much waits, or nothing is taken any more.</summary>
    public bool TryPost(HostInput input, Errand? errand = null)
    {
        if (!TryQueue(input)) return false;
        Wake(errand ?? Errand.Apply);
        return true;
    }

    /// <summary>Leaves it for the next turn; <see cref="Wake"/> once all that belongs together is queued.</summary>
    public bool TryQueue(HostInput input) => _mailbox.Writer.TryWrite(input);

    /// <param name="last">What is durable now, with all before it.</param>
    /// <param name="isMoreToWrite">The caller has the disk to keep busy, and takes no turn.</param>
    public void OnPersisted(Persistence last, bool isMoreToWrite)
    {
        Volatile.Write(ref _persistedUpTo, (long)last.Number.Value);
        if (!isMoreToWrite) Wake();
        else if (IsAwaited(last)) WakeElsewhere();
    }

    /// <summary>The state machine holds everything up to here.</summary>
    public void OnApplied(LogIndex upTo)
    {
        Volatile.Write(ref _heldUpTo, (long)upTo.Value);
        OnSkipped(upTo);
    }

    /// <summary>The core can hand out more; the state machine holds no more than before.</summary>
    public void OnSkipped(LogIndex upTo)
    {
        Volatile.Write(ref _appliedUpTo, (long)upTo.Value);
        Wake();
    }

    public void OnSaved(SnapshotInfo snapshot)
    {
        Volatile.Write(ref _saved, new SnapshotInfoBox(snapshot));
        Wake();
    }

    /// <summary>Answers everybody who still waits. Called when <see cref="StopAsync"/> has completed.</summary>
    public void Close()
    {
        _mailbox.Writer.TryComplete();
        while (_mailbox.Reader.TryRead(out var input))
        {
            if (input is HostInput.Propose propose) _refused.Give(propose.Proposal, new ProposeOutcome.NotLeader(null));
            else if (input is HostInput.Confirmation confirmation) confirmation.Caller.TrySetResult(false);
            else if (input is HostInput.ConfirmRead read) read.Caller.TrySetResult(false);
            else if (input is HostInput.Transfer transfer) transfer.Caller.TrySetResult(NobodyLeads);
            else if (input is HostInput.Change change) change.Caller.TrySetResult(NobodyChanges);
            else if (input is HostInput.Reconfigure wish) wish.Caller.TrySetResult(false);
            else if (input is HostInput.Snapshot snapshot) snapshot.Caller.TrySetResult(NobodySaves);
            else if (input is HostInput.View view) view.Caller.TrySetResult(null);
        }

        CloseTurn();
        _refused.End();
        _proposals.LoseAfter(LogIndex.Zero);
        _confirmations.FailAll();
        AnswerTransfers(NobodyLeads);
        EndChange(MembershipOutcome.Unknown.Instance);
        if (_status.Role == RaftRole.Leader)
            _leadership.Turned(new LeadershipTurn(Leads: false, _status.Term, LogIndex.Zero));
        _leadership.Close();
        Volatile.Write(ref _status, _status with { Role = RaftRole.Follower, Leader = null, LeaderSince = null });
    }

    /// <summary>What a turn that threw had taken: nobody knows how far the core came with it.</summary>
    private void CloseTurn()
    {
        while (_proposed.TryDequeue(out var proposal)) _refused.Give(proposal, new ProposeOutcome.Lost());
        PendingConfirmations.Complete(_asked, false);
        PendingConfirmations.Complete(_reading, false);
        _asksForChange?.TrySetResult(MembershipOutcome.Unknown.Instance);
        CloseTuning();
    }

    /// <summary>
    /// Whether something comes of it before the next turn, which sees it anyway: not for who follows, since what waited
    /// for the disk was sent; and not for who leads, where the disks of others were enough.
    /// </summary>
    private bool IsAwaited(Persistence write)
    {
        var status = Status;
        if (status.Role != RaftRole.Leader) return status.Role != RaftRole.Follower;
        return write.Entries.IsEmpty || write.Entries[^1].Index > status.CommitIndex;
    }

    private void TakeMailbox()
    {
        for (var i = 0; i < InputsPerTurnMax && _mailbox.Reader.TryRead(out var input); i++)
        {
            switch (input)
            {
                case HostInput.Message message:
                    Step(new RaftInput.Received(message.From, message.Content));
                    break;
                case HostInput.Propose propose:
                    _proposed.Enqueue(propose.Proposal);
                    break;
                case HostInput.Confirmation confirmation:
                    if (_confirmations.Admits(confirmation.Caller)) _asked.Add(confirmation.Caller);
                    break;
                case HostInput.ConfirmRead read:
                    if (_confirmations.Admits(read.Caller)) _reading.Add(read.Caller);
                    break;
                case HostInput.Hint hint:
                    StepHint(hint);
                    break;
                case HostInput.Transfer transfer:
                    StepTransfer(transfer);
                    break;
                case HostInput.CannotTakeOver unable:
                    Step(new RaftInput.CannotTakeOver(unable.Node, unable.Term));
                    break;
                case HostInput.Change change:
                    StepChange(change);
                    break;
                case HostInput.Part part:
                    Step(part.Read);
                    break;
                case HostInput.Reconfigure wish:
                    StepReconfigure(wish);
                    break;
                case HostInput.Snapshot snapshot:
                    StepSnapshot(snapshot);
                    break;
                case HostInput.View view:
                    view.Caller.TrySetResult(_node.View(_clock.Now()));
                    break;
            }
        }
    }

    private static bool TryAdvance(ref long newest, ref long seen)
    {
        var now = Volatile.Read(ref newest);
        if (now == seen) return false;
        seen = now;
        return true;
    }

    private sealed record SnapshotInfoBox(SnapshotInfo Snapshot);
}
