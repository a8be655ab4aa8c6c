using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>Elections (Raft 5.2, 5.4.1) with a vote before the vote (thesis 9.6).</content>
public sealed partial class RaftNode
{
    private readonly Dictionary<NodeId, bool> _votes = [];

    private Instant _electionDeadline;

    // Whom a pre-candidate followed until it asked.
    private NodeId? _leaderBefore;

    // The own vote counts once this write is durable: a candidate that forgot it could vote for another.
    private PersistenceNumber _ownVoteWrittenBy;

    private void RaiseTerm(Term term, NodeId? vote)
    {
        Invariant.Holds(term > Term);
        Term = term;
        Vote = vote;
        _stateChanged = true;
        DrawElectionTimeout();
    }

    private void BecomeFollower(Term term, NodeId? leader)
    {
        if (Role == RaftRole.Leader) GiveUpLeadership();
        if (term > Term) RaiseTerm(term, vote: null);
        Role = RaftRole.Follower;
        Leader = leader;
        _hintedSilence = null;
        _votes.Clear();
        RestartElectionTimer();
    }

    /// <summary>Who votes no more, or not yet, or cannot write, leaves campaigns to the others.</summary>
    private void WaitForOthers() => BecomeFollower(Term, leader: null);

    private void Campaign()
    {
        Invariant.Holds(Role != RaftRole.Leader);
        Role = RaftRole.PreCandidate;
        (_leaderBefore, Leader) = (Leader, null);
        _votes.Clear();
        RestartElectionTimer();
        if (Has(RaftFaults.NoPreVote))
        {
            BecomeCandidate(byLeader: false);
            return;
        }

        foreach (var voter in OtherVoters)
            Send(voter, new PreVoteRequest(Term.Next(), _log.LastIndex, _log.LastTerm));
        CountVote(Self, granted: true);
    }

    private void BecomeCandidate(bool byLeader)
    {
        Invariant.Holds(Role == RaftRole.PreCandidate || (byLeader && Role == RaftRole.Follower));
        RaiseTerm(Term.Next(), vote: Self);
        (Role, Leader) = (RaftRole.Candidate, null);
        _votes.Clear();
        RestartElectionTimer();
        _ownVoteWrittenBy = _lastPersistence.Next();

        // Asked for only once the log that is boasted of is durable, and the term can never be campaigned in again.
        foreach (var voter in OtherVoters)
            SendAfterPersist(voter, new VoteRequest(Term, _log.LastIndex, _log.LastTerm, byLeader));
    }

    private void CountVote(NodeId from, bool granted)
    {
        _votes.TryAdd(from, granted);
        if (Members.HasMajority(HasGranted))
        {
            if (Role == RaftRole.PreCandidate) BecomeCandidate(byLeader: false);
            else BecomeLeader();
        }
        else if (Members.CanBlock(HasRefused))
        {
            // Refused by a majority: wait for a leader, or for the next timeout.
            if (Role == RaftRole.PreCandidate && AskedTooEarly) FollowAgain();
            else BecomeFollower(Term, leader: null);
        }
    }

    private bool HasGranted(NodeId voter) => _votes.TryGetValue(voter, out var granted) && granted;

    private bool HasRefused(NodeId voter) => _votes.TryGetValue(voter, out var granted) && !granted;

    private void OnPreVoteRequest(NodeId from, PreVoteRequest request)
    {
        // Nothing is promised here. Who hears a leader wants no election.
        var isWanted = request.Term > Term && !HearsLeader && MayVote;
        var granted = isWanted &&
            (_log.IsUpToDate(request.LastIndex, request.LastTerm) || Has(RaftFaults.VoteForShorterLog));
        Send(from, new PreVoteReply(granted ? request.Term : Term, granted));
        if (isWanted && !granted) StandInsteadOf(from);
    }

    /// <summary>
    /// Who asked lacks entries that are here, so nothing is left to wait for: this voter would say yes to another, and
    /// needs no longer silence to stand. Those who can, stand one after another, as after a hint, and all of them a
    /// little later where the others can elect who asked without this one.
    /// </summary>
    private void StandInsteadOf(NodeId other)
    {
        if (Role != RaftRole.Follower || !Members.IsVoter(Self)) return;
        var others = OtherVoters.Where(voter => voter != Leader).ToList();
        var turn = others.Count(voter => voter != other && voter.CompareTo(Self) < 0);
        if (others.Count > Members.Voters.Length / 2) turn++;
        _electionDeadline = Instant.Min(_electionDeadline, _now + (turn * _options.Heartbeat / 2));
    }

    private void OnVoteRequest(NodeId from, VoteRequest request)
    {
        Invariant.Holds(request.Term == Term);
        var free = Vote == from || (Vote is null && Leader is null);
        var granted = free && MayVote && (!IsPromised || request.ByLeader) &&
            (_log.IsUpToDate(request.LastIndex, request.LastTerm) || Has(RaftFaults.VoteForShorterLog));
        if (granted)
        {
            if (Vote is null) _stateChanged = true;
            Vote = from;
            RestartElectionTimer();
        }

        SendAfterPersist(from, new VoteReply(Term, granted));
    }

    /// <summary>
    /// A leader's followers owe it one shortest election timeout, unless they were hinted that it is gone: within it
    /// they help nobody to depose it. The leader itself steps down when it lost their majority for as long. Who asks
    /// may have heard the leader's last word a moment earlier: that much of the time is not insisted on.
    /// </summary>
    private bool HearsLeader => Role == RaftRole.Leader || IsPromised ||
        (Leader is not null && _now - _leaderHeardAt < SilenceWanted - (LongestPause / 4));
}
