using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>What every message has in common: who may speak, and the rule of terms (Raft 5.1). Then by role.</content>
public sealed partial class RaftNode
{
    private void OnReceived(NodeId from, RaftMessage message)
    {
        // The transport proved that the sender is of this group. It may be no member by the own configuration, which
        // may be an old one: whoever leads is followed, and whoever asks is answered (Raft 6). Whose word counts is
        // decided where it is counted.
        _violation = ViolationOf(from, message);
        if (_violation is not null) return;
        NoteHeard(from);

        // A question about a term to come; it moves nobody's term.
        if (message is PreVoteRequest preVote)
        {
            OnPreVoteRequest(from, preVote);
            return;
        }

        if (message.Term > Term)
        {
            if (message is PreVoteReply { Granted: true })
            {
                OnPreVoteGranted(from, message.Term);
                return;
            }

            if (message is VoteRequest { ByLeader: false } && HearsLeader) return;
            BecomeFollower(message.Term, IsFromLeader(message) ? from : null);
        }

        if (message.Term < Term) AnswerStale(from, message);
        else if (Role == RaftRole.Leader) StepLeader(from, message);
        else if (Role == RaftRole.Follower) StepFollower(from, message);
        else StepCandidate(from, message);
    }

    /// <summary>What is wrong with a message, whatever this node is at.</summary>
    private ProtocolViolation? ViolationOf(NodeId from, RaftMessage message)
    {
        if (from == Self) return ProtocolViolation.UnknownSender;
        if (IsOutOfRange(message)) return ProtocolViolation.OutOfRange;

        // The group was restored from a backup since one of both wrote its log. What the two hold at one place differs,
        // so neither may tell the other anything; only who holds nothing and is in no group yet may be of any life.
        var isBlank = Term.Life == 0 && _log.LastIndex == LogIndex.Zero && !_history.Names(Self);
        if (message.Term.Life != Term.Life) return isBlank ? null : ProtocolViolation.OtherLife;
        return Term.IsFarBelow(message.Term) ? ProtocolViolation.TermFromNowhere : null;
    }

    private static bool IsFromLeader(RaftMessage message) =>
        message is AppendRequest or Heartbeat or InstallSnapshot or TimeoutNow;

    private static bool IsOutOfRange(RaftMessage message) => message.Term > Term.Max ||
        message is AppendRequest { PrevIndex: var prev } && prev > LogIndex.Max ||
        message is InstallSnapshot { Chunk.Snapshot.Index: var index } && index > LogIndex.Max ||
        message is Heartbeat { Pause: var pause } && (pause < TimeSpan.Zero || pause > HeartbeatMax);

    /// <summary>
    /// A sender with an old term learns the new one, so that an old leader steps down, and a voter whose term ran
    /// ahead of a working leader's is heard by it. Old answers say nothing.
    /// </summary>
    private void AnswerStale(NodeId from, RaftMessage message)
    {
        switch (message)
        {
            case Heartbeat heartbeat when Has(RaftFaults.EchoRoundOfOldTerm):
                Send(from, new HeartbeatReply(Term, heartbeat.Round));
                break;
            case AppendRequest or Heartbeat or InstallSnapshot:
                // The sender may lead this newer term by now, and its rounds began anew: echo none of the old.
                Send(from, new HeartbeatReply(Term, Round.Zero));
                break;
            case VoteRequest:
                Send(from, new VoteReply(Term, Granted: false));
                break;
            case ReadRequest request:
                Send(from, new ReadReply(Term, request.Number, Confirmed: false, default));
                break;
        }
    }

    private void OnPreVoteGranted(NodeId from, Term term)
    {
        // A grant for another campaign than the present one is late and says nothing.
        if (Role == RaftRole.PreCandidate && term == Term.Next()) CountVote(from, granted: true);
    }

    private void StepFollower(NodeId from, RaftMessage message)
    {
        switch (message)
        {
            case AppendRequest append when Follow(from):
                OnAppend(from, append);
                break;
            case Heartbeat heartbeat when Follow(from):
                OnHeartbeat(from, heartbeat);
                break;
            case InstallSnapshot install when Follow(from):
                OnInstall(from, install);
                break;
            case TimeoutNow when Follow(from):
                OnTimeoutNow();
                break;
            case AppendRequest or Heartbeat or InstallSnapshot or TimeoutNow:
                _violation = ProtocolViolation.TwoLeaders;
                break;
            case VoteRequest request:
                OnVoteRequest(from, request);
                break;
            case ReadRequest request:
                Send(from, new ReadReply(Term, request.Number, Confirmed: false, default));
                break;
            case ReadReply reply when from == Leader:
                OnReadReply(reply);
                break;
            default:
                // Answers to what this node asked in a role it no longer has.
                break;
        }
    }

    private void StepCandidate(NodeId from, RaftMessage message)
    {
        switch (message)
        {
            case AppendRequest or Heartbeat or InstallSnapshot or TimeoutNow:
                // The term has a leader: this candidate lost, or a pre-candidate was mistaken.
                BecomeFollower(Term, from);
                StepFollower(from, message);
                break;
            case VoteRequest request:
                OnVoteRequest(from, request);
                break;
            case ReadRequest request:
                Send(from, new ReadReply(Term, request.Number, Confirmed: false, default));
                break;
            case VoteReply reply when Role == RaftRole.Candidate:
                CountVote(from, reply.Granted);
                break;
            case PreVoteReply { Granted: false } when Role == RaftRole.PreCandidate:
                CountVote(from, granted: false);
                break;
            default:
                // Answers to an earlier campaign, or to a leadership that is over.
                break;
        }
    }

    private void StepLeader(NodeId from, RaftMessage message)
    {
        if (!_followers.TryGetValue(from, out var follower))
        {
            // A member that is gone, or was never one: nothing that it acknowledges counts.
            if (message is VoteRequest stranger) OnVoteRequest(from, stranger);
            else if (message is ReadRequest read) Answer(from, read.Number, confirmed: false, default);
            else if (IsFromLeader(message)) _violation = ProtocolViolation.TwoLeaders;
            return;
        }

        follower.LastContact = _now;
        follower.HasSpoken = true;
        switch (message)
        {
            case AppendAccepted accepted:
                OnAccepted(follower, accepted);
                break;
            case AppendRefused refused:
                OnRefused(follower, refused);
                break;
            case HeartbeatReply reply:
                OnHeartbeatReply(follower, reply);
                break;
            case SnapshotAnswer answer:
                OnSnapshotAnswer(follower, answer);
                break;
            case ReadRequest request:
                ReadAtLeader(from, request.Number);
                break;
            case VoteRequest request:
                OnVoteRequest(from, request);
                break;
            case AppendRequest or Heartbeat or InstallSnapshot or TimeoutNow:
                _violation = ProtocolViolation.TwoLeaders;
                break;
            default:
                // Votes that came after the majority.
                break;
        }
    }
}
