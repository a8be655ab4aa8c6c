using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>What a follower does with its leader's messages (Raft 5.3).</content>
public sealed partial class RaftNode
{
    private Instant _leaderHeardAt;

    /// <summary>False when this term already has another leader, which Raft excludes.</summary>
    private bool Follow(NodeId from)
    {
        if (Leader is not null && Leader != from) return false;
        (Leader, _followedLast) = (from, from);
        (_leaderHeardAt, _hintedSilence) = (_now, null);
        RestartElectionTimer();
        return true;
    }

    private void OnHeartbeat(NodeId from, Heartbeat heartbeat)
    {
        // The leader names no more than was acknowledged to it from this disk. Of a disk that lost a part of it that
        // says nothing: also what is there may have been replaced by what was lost.
        if (IsRecovering) TakeGoal(heartbeat.Goal);
        else if (heartbeat.Commit > _log.LastIndex) _violation = ProtocolViolation.AcknowledgedEntriesMissing;
        else if (heartbeat.Commit > _log.Commit) _log.CommitTo(heartbeat.Commit);
        TakePause(heartbeat.Pause);
        Send(from, new HeartbeatReply(Term, heartbeat.Round, Promise()) { Loss = Loss });
        RepeatReads();
    }

    private void OnAppend(NodeId from, AppendRequest request)
    {
        if (!IsWellFormed(request))
        {
            _violation = ProtocolViolation.Malformed;
            return;
        }

        if (request.PrevIndex >= _log.BaseIndex && !_log.Matches(request.PrevIndex, request.PrevTerm))
        {
            Refuse(from, request);
            return;
        }

        if (!TryTake(request))
        {
            _violation = ProtocolViolation.BelowCommit;
            return;
        }

        var commit = LogIndex.Earlier(request.Commit, request.LastIndex);
        if (commit > _log.Commit) _log.CommitTo(commit);

        // Entries that a repeated request found here may still be on their way to the disk.
        var matched = Has(RaftFaults.MatchFromOwnLastIndex) ? _log.LastIndex : request.LastIndex;
        SendAfterPersist(from, new AppendAccepted(Term, matched));
    }

    private static bool IsWellFormed(AppendRequest request)
    {
        var (index, term) = (request.PrevIndex, request.PrevTerm);
        foreach (var entry in request.Entries)
        {
            if (entry.Index != index.Next() || entry.Term < term || entry.Term > request.Term) return false;
            if (entry.Kind == EntryKind.Configuration && ConfigurationCodec.TryRead(entry.Command.Span) is null)
                return false;
            (index, term) = (entry.Index, entry.Term);
        }

        return true;
    }

    /// <summary>
    /// Appends what is new. An entry of another term at the same place is a real conflict, and only that cuts the log:
    /// a late or repeated request finds its entries here and must not take away what follows them. False when the
    /// conflict is with what is committed, which no true leader sends.
    /// </summary>
    private bool TryTake(AppendRequest request)
    {
        var known = 0;
        if (!Has(RaftFaults.TruncateAlways))
            while (known < request.Entries.Length && IsHere(request.Entries[known])) known++;
        if (known == request.Entries.Length) return true;

        var first = request.Entries[known].Index;
        if (first <= _log.Commit && (first <= _log.BaseIndex || !Has(RaftFaults.TruncateAlways))) return false;
        if (first <= _log.LastIndex) TruncateFrom(first);
        foreach (var entry in request.Entries.AsSpan()[known..]) Append(entry);
        return true;
    }

    /// <summary>What is in a snapshot is committed, and so the same in every later leader's log.</summary>
    private bool IsHere(LogEntry entry) =>
        entry.Index < _log.BaseIndex || _log.Matches(entry.Index, entry.Term);

    private void Refuse(NodeId from, AppendRequest request)
    {
        if (request.PrevIndex <= _log.Commit)
        {
            // What is committed here is in every later leader's log (Raft 5.4.3).
            _violation = ProtocolViolation.BelowCommit;
            return;
        }

        var hint = _log.LastWithTermAtMost(request.PrevIndex, request.PrevTerm);
        var hintTerm = _log.TermAt(hint) ?? Term.Zero;
        Send(from, new AppendRefused(Term, request.PrevIndex, hint, hintTerm));
    }
}
