using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <content>Callers that wait for leadership to be handed on.</content>
internal sealed partial class RaftLoop
{
    private static readonly TransferOutcome NobodyLeads = new TransferOutcome.NotLeader(null);

    // Bounded by the mailbox: all wait for the same transfer, which ends with an election timeout at the latest.
    private readonly List<TaskCompletionSource<TransferOutcome>> _transferring = [];

    private void StepTransfer(HostInput.Transfer transfer)
    {
        _transferring.Add(transfer.Caller);
        Step(new RaftInput.TransferLeadership(transfer.To));
    }

    private void TakeTransfer(TransferTurn turn)
    {
        Log.Transfer(_logger, _node.Self, turn.To, turn.Stage, _node.Term);
        _telemetry.Transferred(turn.Stage.ToString());
        if (turn.Stage == TransferStage.Begun) return;
        if (turn.Stage == TransferStage.Aborted)
        {
            AnswerTransfers(new TransferOutcome.Refused(turn.Stage, turn.To));
            return;
        }

        // Refused at once, and so the one that was just added.
        var caller = _transferring[^1];
        _transferring.RemoveAt(_transferring.Count - 1);
        caller.TrySetResult(turn.Stage == TransferStage.NotLeader
            ? new TransferOutcome.NotLeader(_node.Leader)
            : new TransferOutcome.Refused(turn.Stage, turn.To));
    }

    private void AnswerTransfers(TransferOutcome outcome)
    {
        foreach (var caller in _transferring) caller.TrySetResult(outcome);
        _transferring.Clear();
    }
}
