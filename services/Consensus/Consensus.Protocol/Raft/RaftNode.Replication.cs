using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>What a leader does: replicate, commit, keep followers, step down without them (Raft 5.3, 6.2).</content>
public sealed partial class RaftNode
{
    private readonly Dictionary<NodeId, FollowerProgress> _followers = [];
    private Instant _heartbeatDue;

    // The no-op that opened the term. Until it is committed the leader does not know what earlier terms committed.
    private LogIndex _termStart;
    private long _proposalBytesInFlight;

    /// <summary>Up to where each member's disk holds the leader's log; empty unless this node leads.</summary>
    public IEnumerable<KeyValuePair<NodeId, LogIndex>> MatchIndexes => Role != RaftRole.Leader
        ? []
        : Members.Members.Select(member => KeyValuePair.Create(member.Node, MatchOf(member.Node)));

    private LogIndex MatchOf(NodeId voter) => voter == Self ? _log.Stable : _followers[voter].Match;

    private void BecomeLeader()
    {
        Invariant.Holds(Role == RaftRole.Candidate);
        Role = RaftRole.Leader;
        Leader = Self;
        _votes.Clear();
        _followers.Clear();
        FollowMembers();
        _toldGoneOf = LogIndex.Zero;
        (_round, _askedRound) = (Round.Zero, Round.Zero);
        _roundsBegun.Clear();
        (_transfer, _hasReleased) = (null, false);
        _proposalBytesInFlight = 0;
        _termStart = _log.LastIndex.Next();
        Append(new LogEntry(_termStart, Term, EntryKind.NoOp, ReadOnlyMemory<byte>.Empty));
        _turn = new LeadershipTurn(Leads: true, Term, _termStart);
        _heartbeatDue = _now + _options.Heartbeat;
        Replicate();
    }

    private void GiveUpLeadership()
    {
        FailConfirmations();
        _followedLast = null;
        _followers.Clear();
        _transfer = null;
        _turn = new LeadershipTurn(Leads: false, Term, _termStart);
    }

    private void OnHeartbeatDue()
    {
        if (_now - Instant.Max(MajorityContact(), _hastenedAt) >= ElectionTimeoutMin)
        {
            // Cut off from a majority: others may have a leader by now, and nothing can be committed here.
            BecomeFollower(Term, leader: null);
            return;
        }

        // With leases every heartbeat is a round of its own, since a promise is as good as its round is young.
        if (WantsNewRound || _options.LeaseReads) BeginRound();
        SendHeartbeats();
        EndFarewells();
    }

    private void SendHeartbeats()
    {
        _heartbeatDue = _now + _options.Heartbeat;
        foreach (var follower in _followers.Values)
        {
            var commit = LogIndex.Earlier(_log.Commit, follower.Match);
            var pause = _options.Heartbeat;
            Send(follower.Node, new Heartbeat(Term, commit, _round, pause) { Goal = GoalFor(follower) });
        }
    }

    /// <summary>The latest moment by which a majority, this node included, had been heard of.</summary>
    private Instant MajorityContact() =>
        Members.ReachedByMajority(voter => voter == Self ? _now : _followers[voter].LastContact);

    private void OnPropose(ImmutableArray<ReadOnlyMemory<byte>> commands)
    {
        var first = _log.LastIndex.Next();
        if (Role != RaftRole.Leader)
        {
            _proposed = new ProposeAnswer(0, first, Term, ProposeRefusal.NotLeader, Leader);
            return;
        }

        if (_transfer is { } transfer)
        {
            _proposed = new ProposeAnswer(0, first, Term, ProposeRefusal.LeadershipMoves, transfer.To);
            return;
        }

        var accepted = 0;
        while (accepted < commands.Length && HasRoomFor(commands[accepted]))
        {
            var command = commands[accepted++];
            _proposalBytesInFlight += command.Length;
            Append(new LogEntry(_log.LastIndex.Next(), Term, EntryKind.Command, command));
        }

        var refusal = accepted < commands.Length ? ProposeRefusal.Overloaded : ProposeRefusal.None;
        _proposed = new ProposeAnswer(accepted, first, Term, refusal, Leader);
        Replicate();
    }

    private bool HasRoomFor(ReadOnlyMemory<byte> command)
    {
        var waitFrom = LogIndex.Later(_log.Applied, _termStart);
        return _log.LastIndex.Value - waitFrom.Value < (ulong)_options.ProposalsInFlightMax &&
            _proposalBytesInFlight + command.Length <= _options.ProposalBytesInFlightMax;
    }

    private bool IsProposalOfThisTerm(LogIndex index) => Role == RaftRole.Leader && index > _termStart;

    private void Replicate()
    {
        foreach (var follower in _followers.Values) Replicate(follower);
    }

    private void Replicate(FollowerProgress follower)
    {
        if (NeedsSnapshot(follower)) BeginTransfer(follower);
        if (IsKeptBack(follower)) return;
        while (follower.Next <= _log.LastIndex && follower.HasRoom(_options))
        {
            var entriesMax = Has(RaftFaults.MatchFromOwnLastIndex) && !follower.IsStreaming
                ? 0
                : _options.AppendEntriesMax;
            SendAppend(follower, _log.Slice(follower.Next, entriesMax, _options.AppendBytesMax));
        }
    }

    private void SendAppend(FollowerProgress follower, ImmutableArray<LogEntry> entries)
    {
        var prev = follower.Next.Previous();
        var prevTerm = _log.TermAt(prev);
        Invariant.Holds(prevTerm is not null);
        var request = new AppendRequest(Term, prev, prevTerm.Value, _log.Commit, entries);
        follower.Sent(request, _now);
        Send(follower.Node, request);
    }

    private void OnAccepted(FollowerProgress follower, AppendAccepted accepted)
    {
        if (accepted.Matched > _log.LastIndex)
        {
            _violation = ProtocolViolation.Malformed;
            return;
        }

        follower.Accepted(accepted.Matched);
        follower.CatchUp?.Advance(follower.Match, _log.LastIndex, _now);
        if (follower.Transfer is { } transfer)
        {
            if (follower.Match >= _log.BaseIndex) follower.EndTransfer();
            else if (follower.Match >= transfer.Snapshot.Index) BeginTransfer(follower);
        }

        AdvanceCommit();
        if (Role != RaftRole.Leader) return;
        Replicate(follower);
        AskToTakeOver(follower);
    }

    private void OnRefused(FollowerProgress follower, AppendRefused refused)
    {
        // What it acknowledged before its loss may arrive later than the news of it.
        if (follower.Loss is not null && refused.PrevIndex <= follower.Match) follower.Forget(_log.LastIndex.Next());

        // The first place from behind where our term is not above the follower's: all between cannot agree.
        var agreeAtMost = _log.LastWithTermAtMost(refused.HintIndex, refused.HintTerm);
        if (follower.Refused(refused.PrevIndex, agreeAtMost)) Replicate(follower);
    }

    private void OnHeartbeatReply(FollowerProgress follower, HeartbeatReply reply)
    {
        if (reply.Round > _round)
        {
            _violation = ProtocolViolation.Malformed;
            return;
        }

        if (reply.Round > follower.AcknowledgedRound) follower.AcknowledgedRound = reply.Round;
        TakePromise(follower, reply);
        TakeLoss(follower, reply.Loss);
        AnswerConfirmations();
        AskToTakeOver(follower);
        if (follower.Match >= _log.LastIndex) return;

        // Something is unacknowledged. Should it be lost, then a request that builds on it is refused, and says so. One
        // question in the time of a heartbeat is enough: each waits for the follower's disk, and confirmations of
        // leadership make rounds of heartbeats as fast as the network answers.
        if (_now - follower.LastSent < _options.Heartbeat) return;
        follower.AllowProbe();
        if (NeedsSnapshot(follower)) BeginTransfer(follower);
        else if (follower.Transfer is not null) AskForPart(follower);
        else if (follower.Next <= _log.LastIndex && follower.HasRoom(_options)) Replicate(follower);
        else SendAppend(follower, []);
    }

    /// <summary>
    /// Only an entry of the current term is committed by counting; older ones are committed by it (Raft 5.4.2,
    /// figure 8). The own disk counts like any other: as far as it confirmed.
    /// </summary>
    private void AdvanceCommit()
    {
        var onMajority = Members.ReachedByMajority(MatchOf);
        if (onMajority <= _log.Commit) return;
        if (onMajority < _termStart && !Has(RaftFaults.CommitOldTermByCount)) return;
        _log.CommitTo(onMajority);
        AnswerConfirmations();
        FinishChange();
    }
}
