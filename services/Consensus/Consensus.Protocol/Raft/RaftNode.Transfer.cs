using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>
/// Leadership handed on without an election timeout (thesis 3.10): the leader takes no more commands, sends the target
/// all it has, and asks it to stand at once. Nothing here is needed for safety; the target is elected like any other.
/// </content>
public sealed partial class RaftNode
{
    // Given up after the shortest election timeout: one that takes longer is worse than a crash.
    private (NodeId To, Instant Until)? _transfer;
    private bool _anyMayTakeOver;

    /// <summary>When a leader gives up what it waits for: a transfer, or else its disk.</summary>
    private Instant? YieldDeadline => _transfer?.Until ?? _log.UnconfirmedSince + DiskStallMax;

    private void OnTransferLeadership(NodeId? to)
    {
        if (Role != RaftRole.Leader)
            _transferTurn = new TransferTurn(TransferStage.NotLeader, Leader);
        else if (_transfer is { } begun)
            _transferTurn = new TransferTurn(
                to is null || to == begun.To ? TransferStage.Begun : TransferStage.AnotherUnderWay, begun.To);
        else if (to is not null && (to == Self || !Members.Voters.Contains(to.Value)))
            _transferTurn = new TransferTurn(TransferStage.NoSuchVoter, to);
        else if (SuccessorFor(to) is { } successor)
            BeginHandOver(successor.Node, isAnyWanted: to is null);
        else
            _transferTurn = new TransferTurn(TransferStage.Unreachable, to);
    }

    private void BeginHandOver(NodeId to, bool isAnyWanted)
    {
        (_transfer, _anyMayTakeOver) = ((to, _now + ElectionTimeoutMin), isAnyWanted);
        _transferTurn = new TransferTurn(TransferStage.Begun, to);
        Replicate(_followers[to]);
        AskToTakeOver(_followers[to]);
    }

    /// <summary>
    /// The wanted voter, or the one with the longest log, of those that were heard of lately and may know how to.
    /// </summary>
    private FollowerProgress? SuccessorFor(NodeId? wanted) => _followers.Values
        .Where(follower => (wanted is null || follower.Node == wanted) && Members.Voters.Contains(follower.Node) &&
            !follower.CannotTakeOver && follower.Loss is null &&
            _now - follower.LastContact < ElectionTimeoutMin)
        .OrderByDescending(static follower => follower.Match)
        .ThenBy(static follower => follower.Node)
        .FirstOrDefault();

    /// <summary>Once it has everything. Said again when it answers a heartbeat: the first may have been lost.</summary>
    private void AskToTakeOver(FollowerProgress follower)
    {
        if (_transfer?.To != follower.Node || follower.Match != _log.LastIndex) return;
        _hasReleased = true;
        Send(follower.Node, new TimeoutNow(Term));
    }

    /// <summary>Nobody waits for it any more: another takes over, or commands are taken again at once.</summary>
    private void OnCannotTakeOver(NodeId node, Term term)
    {
        if (term != Term || !_followers.TryGetValue(node, out var follower)) return;
        follower.CannotTakeOver = true;
        if (_transfer?.To != node) return;
        if (_anyMayTakeOver && SuccessorFor(null) is { } successor) BeginHandOver(successor.Node, isAnyWanted: true);
        else AbortHandOver();
    }

    private void AbortHandOver()
    {
        _transferTurn = new TransferTurn(TransferStage.Aborted, _transfer!.Value.To);
        _transfer = null;
    }

    private void OnTimeoutNow()
    {
        // Who cannot write cannot vote for itself either; the leader goes on after a while.
        if (DiskStalledSince is null && MayCampaign) BecomeCandidate(byLeader: true);
    }

    private void OnLeaderTick()
    {
        if (_now >= YieldDeadline) Yield();
        if (Role == RaftRole.Leader && _now >= _heartbeatDue) OnHeartbeatDue();
        if (Role == RaftRole.Leader && _now >= KeptBackUntil) Replicate();
    }

    /// <summary>
    /// A leader whose disk stalls applies nothing and answers nobody, while its heartbeats keep the others from
    /// electing one whose disk works. What it has is on the others' disks, so it hands over; where nobody takes over in
    /// time, it just steps down.
    /// </summary>
    private void Yield()
    {
        if (DiskStalledSince is not null)
        {
            if (_transfer is null && SuccessorFor(null) is { } successor)
                BeginHandOver(successor.Node, isAnyWanted: true);
            else WaitForOthers();
            return;
        }

        AbortHandOver();
    }
}
