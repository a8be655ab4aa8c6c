using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>
/// Members that come and go (Raft 6, thesis 4). A configuration counts from the moment its entry is appended, and falls
/// back when the entry is cut off. Where voters change, a joint state leads from the old ones to the new; whoever leads
/// when the joint state is committed appends its end, so a leader that crashed in between needs no one to repeat it.
/// </content>
public sealed partial class RaftNode
{
    private ChangeAnswer? _changed;
    private bool _membersChanged;

    // The configuration whose leaving members were told that they are gone.
    private LogIndex _toldGoneOf;

    private IEnumerable<NodeId> OtherVoters =>
        Members.Voters.Union(Members.Outgoing).Where(voter => voter != Self);

    /// <summary>
    /// Who was asked for a vote grants it by the candidate's log, whoever is a voter by the own configuration: that may
    /// be an old one, and the vote is needed then (thesis 4.2.2). But one that was added with an empty directory may
    /// bear the name of one that voted: until its log holds the entry that added it, it promises nothing. From then on
    /// the log refuses every candidate of an earlier term.
    /// </summary>
    private bool MayVote => _history.Names(Self) && !MustNotDecide;

    /// <summary>
    /// Who is removed by an entry that is not committed may be the only one that holds it: nobody else could win before
    /// it stood (thesis 4.2.2). As leader it commits its own removal, and steps aside.
    /// </summary>
    private bool MayCampaign => !MustNotDecide && (Members.IsVoter(Self) ||
        (!AreMembersCommitted && _history.BeforeNewest.IsVoter(Self)));

    private void Append(LogEntry entry)
    {
        _log.Append(entry);
        TakeConfiguration(entry);
    }

    private void TruncateFrom(LogIndex index)
    {
        _log.TruncateFrom(index);
        if (_history.NewestIndex < index) return;
        if (!Has(RaftFaults.KeepCutConfiguration)) _history.TruncateFrom(index);
        _membersChanged = true;
    }

    private void TakeConfiguration(LogEntry entry)
    {
        if (entry.Kind != EntryKind.Configuration) return;
        var configuration = ConfigurationCodec.TryRead(entry.Command.Span);
        Invariant.Holds(configuration is not null);
        _history.Append(entry.Index, configuration);
        _membersChanged = true;
    }

    private void OnChangeMembers(MembershipChange change)
    {
        if (RefusalOfMoment() is { } refused)
        {
            _changed = new ChangeAnswer(
                refused.Refusal, refused.Detail, LogIndex.Zero, Term, Members.Version, Leader);
            return;
        }

        var view = new MembershipView(IsLive, WhyNotCaughtUp);
        var (next, refusal, detail) = MembershipRules.Judge(Members, change, view);
        if (next is null)
        {
            _changed = new ChangeAnswer(refusal, detail, LogIndex.Zero, Term, Members.Version, Leader);
            return;
        }

        var version = next.IsJoint ? next.Version + 1 : next.Version;
        AppendConfiguration(next.IsJoint && Has(RaftFaults.NoJointState) ? next.Leave() : next);
        _changed = new ChangeAnswer(MembershipRefusal.None, "", _log.LastIndex, Term, version, Leader);
    }

    private (MembershipRefusal Refusal, string Detail)? RefusalOfMoment()
    {
        if (Role != RaftRole.Leader) return (MembershipRefusal.NotLeader, "This node does not lead.");
        if (_transfer is not null)
            return (MembershipRefusal.LeaderNotReady, "Leadership is being handed on; ask the next leader.");
        if (_log.Commit < _termStart)
            return (MembershipRefusal.LeaderNotReady, "The first entry of this leader's term is not committed yet.");
        return AreMembersCommitted && !Members.IsJoint
            ? null
            : (MembershipRefusal.ChangeInProgress,
                $"The change to version {Members.Version + (Members.IsJoint ? 1UL : 0)} is not complete.");
    }

    private bool IsLive(NodeId node) => node == Self ||
        (_followers.TryGetValue(node, out var follower) && follower.HasSpoken &&
            _now - follower.LastContact < ElectionTimeoutMin);

    private string? WhyNotCaughtUp(NodeId node)
    {
        if (!_followers.TryGetValue(node, out var follower) || follower.CatchUp is not { } rounds || !IsLive(node))
            return $"{node} is not heard of.";
        var behind = _log.LastIndex.Value - follower.Match.Value;
        if (behind > (ulong)_options.LearnerLagEntriesMax || follower.Match < _history.NewestIndex)
        {
            return $"{node} is {behind} entries behind; at most {_options.LearnerLagEntriesMax} are legal, and none " +
                "before the entry that added it.";
        }

        var took = rounds.LastTook ?? TimeSpan.MaxValue;
        var running = rounds.Running(follower.Match, _now);
        return (running > took ? running : took) < _options.ElectionTimeoutMin
            ? null
            : $"{node} takes longer than {_options.ElectionTimeoutMin} for what the log held when it began to.";
    }

    private void AppendConfiguration(Configuration next)
    {
        var entry = new LogEntry(_log.LastIndex.Next(), Term, EntryKind.Configuration, next.Encoded);
        _proposalBytesInFlight += entry.Command.Length;
        Append(entry);
        FollowMembers();
        Replicate();
    }

    /// <summary>A leader keeps track of every other member, and of nobody else.</summary>
    private void FollowMembers()
    {
        var members = _history.Newest;
        foreach (var gone in _followers.Keys.Where(node => !members.IsMember(node)).ToList()) _followers.Remove(gone);
        foreach (var member in members.Members)
        {
            if (member.Node == Self) continue;
            if (!_followers.TryGetValue(member.Node, out var follower))
            {
                follower = new FollowerProgress(member.Node, _log.LastIndex.Next(), _now);
                _followers.Add(member.Node, follower);
            }

            if (members.IsVoter(member.Node)) follower.CatchUp = null;
            else follower.CatchUp ??= new CatchUpRounds(_log.LastIndex, _now);
        }
    }

    /// <summary>The newest configuration may be committed now: out of a joint state, or out of office.</summary>
    private void FinishChange()
    {
        if (Role != RaftRole.Leader || !AreMembersCommitted || _log.Commit < _termStart) return;
        if (Members.IsJoint)
        {
            AppendConfiguration(Members.Leave());
            AdvanceCommit();
        }
        else if (!Members.IsVoter(Self))
        {
            StepAside();
        }
        else
        {
            BeginFarewells();
        }
    }

    /// <summary>
    /// Who is removed is told nothing of the end of the joint state before it is committed: with it in its log it votes
    /// no more, and its vote may still be needed. Afterwards it is, so that it campaigns no more.
    /// </summary>
    private void BeginFarewells()
    {
        if (_toldGoneOf == _history.NewestIndex) return;
        _toldGoneOf = _history.NewestIndex;
        foreach (var gone in _history.BeforeNewest.Members)
        {
            if (gone.Node == Self || Members.IsMember(gone.Node) || _followers.ContainsKey(gone.Node)) continue;
            var follower = new FollowerProgress(gone.Node, _log.LastIndex.Next(), _now);
            _followers.Add(gone.Node, follower);
            SendAppend(follower, []);
        }
    }

    /// <summary>Whoever is gone and knows it, or was not heard of for a while, is left alone.</summary>
    private void EndFarewells()
    {
        foreach (var (node, follower) in _followers.Where(pair => !_history.Newest.IsMember(pair.Key)).ToList())
        {
            var knows = follower.Match >= _history.NewestIndex;
            if (knows || _now - follower.LastContact >= ElectionTimeoutMax) _followers.Remove(node);
        }
    }

    /// <summary>
    /// A leader that is no voter any more, by a committed configuration, tells the others so and asks the furthest of
    /// them to stand, so that nobody has to wait for a timeout.
    /// </summary>
    private void StepAside()
    {
        SendHeartbeats();
        if (SuccessorFor(null) is { } successor) Send(successor.Node, new TimeoutNow(Term));
        BecomeFollower(Term, leader: null);
    }
}
