using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <content>What others learn of the node: status, leadership, the log of the process, metrics.</content>
internal sealed partial class RaftLoop
{
    private static readonly TimeSpan RepeatPause = TimeSpan.FromSeconds(30);

    private readonly RepeatGate<(NodeId From, ProtocolViolation Violation)> _violations = new(RepeatPause);
    private Instant? _leaderSince;
    private RaftStatus _status;

    /// <summary>What the start found damaged.</summary>
    public LogDamage? Damage { get; init; }

    public RaftStatus Status => Volatile.Read(ref _status);

    private void Turn(LeadershipTurn turn)
    {
        if (turn.Leads)
        {
            // Whoever wanted another to lead still waits, when nobody led since this voter did last.
            AnswerTransfers(new TransferOutcome.Refused(TransferStage.Aborted, null));
            _telemetry.BecameLeader();
        }
        else
        {
            _proposals.LoseAfter(_node.CommitIndex);
        }

        _leadership.Turned(turn);
    }

    private void Changed(RaftRole roleBefore, NodeId? leaderBefore)
    {
        if (_node.Leader != leaderBefore) _leaderSince = _node.Leader is null ? null : _clock.Now();
        if (_node.Role == roleBefore && _node.Leader == leaderBefore) return;
        if (_node.Role == RaftRole.PreCandidate) _telemetry.Campaigned();
        if (_node.Role != RaftRole.Leader && _node.Leader is { } leader)
        {
            // Before the callers hear of it: whoever is told who leads now, sees it in the status.
            PublishStatus();
            AnswerTransfers(new TransferOutcome.Moved(leader, _node.Term));
        }

        Log.RoleChanged(_logger, _node.Self, _node.Role, _node.Term, _node.Leader);
    }

    private void Count(ProtocolViolation violation, RaftInput.Received received)
    {
        _telemetry.Violated(violation.ToString());
        if (_violations.Pass((received.From, violation), _clock.Now()) is not { } more) return;
        if (violation == ProtocolViolation.AcknowledgedEntriesMissing)
            Log.AcknowledgedEntriesMissing(_logger, _node.Self, received.From, more);
        else
            Log.Violation(_logger, received.Message.GetType().Name, received.From, violation, more);
    }

    private void PublishStatus()
    {
        var status = TakeStatus();
        if (status.DiskStalledSince is { } since && _status.DiskStalledSince is null)
            Log.DiskStalled(_logger, _node.Self, since);
        if (status.DiskStalledSince is null && _status.DiskStalledSince is not null)
            Log.DiskFlows(_logger, _node.Self);
        if (_status.IsRecovering && !status.IsRecovering) Log.Recovered(_logger, _node.Self, status.LastIndex);
        Volatile.Write(ref _status, status);
    }

    private RaftStatus TakeStatus() => new()
    {
        Node = _node.Self,
        Role = _node.Role,
        Term = _node.Term,
        Leader = _node.Leader,
        CommitIndex = _node.CommitIndex,
        AppliedIndex = Held,
        LastIndex = _node.LastIndex,
        SnapshotIndex = _node.SnapshotIndex,
        EntriesInMemory = (int)(_node.LastIndex.Value - _node.BaseIndex.Value),
        LeaderSince = _leaderSince,
        DiskStalledSince = _node.DiskStalledSince,
        IsRecovering = _node.IsRecovering,
        Damage = Damage,
        Members = _node.Members,
        AreMembersCommitted = _node.AreMembersCommitted,
        Figures = _node.Options,
        ElectionTimeoutMin = _node.ElectionTimeoutMin,
        ElectionTimeoutMax = _node.ElectionTimeoutMax,
        Matched = [.. _node.MatchIndexes],
    };
}
