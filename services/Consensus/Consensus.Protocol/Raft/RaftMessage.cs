using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// What voters say to each other. <see cref="Term"/> is the sender's term, except in the two pre-vote messages, where
/// it is the term that the sender would campaign in (granted) or the refuser's own.
/// </summary>
public abstract record RaftMessage(Term Term);

/// <summary>Would you vote for me in <paramref name="Term"/>? Asks without changing anything (thesis 9.6).</summary>
public sealed record PreVoteRequest(Term Term, LogIndex LastIndex, Term LastTerm) : RaftMessage(Term);

public sealed record PreVoteReply(Term Term, bool Granted) : RaftMessage(Term);

/// <summary>
/// Vote for me (Raft 5.2), my log ends so (Raft 5.4.1). <paramref name="ByLeader"/> says that the leader itself asked
/// for this candidacy (thesis 3.10), so that having heard of it is no reason to refuse.
/// </summary>
public sealed record VoteRequest(Term Term, LogIndex LastIndex, Term LastTerm, bool ByLeader = false)
    : RaftMessage(Term);

public sealed record VoteReply(Term Term, bool Granted) : RaftMessage(Term);

/// <summary>Take these entries, which follow the entry at <paramref name="PrevIndex"/> (Raft 5.3).</summary>
public sealed record AppendRequest(
    Term Term,
    LogIndex PrevIndex,
    Term PrevTerm,
    LogIndex Commit,
    ImmutableArray<LogEntry> Entries) : RaftMessage(Term)
{
    /// <summary>The last place this request speaks of; a success acknowledges up to here, no further.</summary>
    public LogIndex LastIndex => PrevIndex + Entries.Length;
}

/// <summary>
/// The entries up to <paramref name="Matched"/> are durable here, where matched is the request's previous index plus
/// its number of entries: never the follower's own last index, which may belong to a stale suffix.
/// </summary>
public sealed record AppendAccepted(Term Term, LogIndex Matched) : RaftMessage(Term);

/// <summary>
/// There is no entry of that term at <paramref name="PrevIndex"/> here. The hint is the last place here that can
/// still agree with the leader: its term is not above the one the request named.
/// </summary>
public sealed record AppendRefused(Term Term, LogIndex PrevIndex, LogIndex HintIndex, Term HintTerm)
    : RaftMessage(Term);

/// <summary>
/// My log does not go back to what you need: take this part of a snapshot (Raft 7). Answered by
/// <see cref="SnapshotAnswer"/>, the last part by <see cref="AppendAccepted"/> of the snapshot's index.
/// </summary>
public sealed record InstallSnapshot(Term Term, SnapshotChunk Chunk) : RaftMessage(Term);

/// <summary>
/// Of the snapshot at <paramref name="Index"/> everything before <paramref name="NextOffset"/> is here; go on there.
/// </summary>
public sealed record SnapshotAnswer(Term Term, LogIndex Index, long NextOffset) : RaftMessage(Term);

/// <summary>
/// I lead, and say so again after <paramref name="Pause"/>; zero where an earlier version does not say after what.
/// Carries no entries and waits for no disk, so a stalled disk stalls no heartbeat.
/// </summary>
public sealed record Heartbeat(Term Term, LogIndex Commit, Round Round, TimeSpan Pause = default) : RaftMessage(Term)
{
    /// <summary>Answers the follower's <see cref="HeartbeatReply.Loss"/>.</summary>
    public RecoveryGoal? Goal { get; init; }
}

/// <summary>
/// You lead, as far as I know. A higher term tells an old leader that it does not. For as long as
/// <paramref name="Promise"/>, by the sender's clock and from when it heard the heartbeat, it helps nobody to depose
/// you unless you ask for it; zero promises nothing.
/// </summary>
public sealed record HeartbeatReply(Term Term, Round Round, TimeSpan Promise = default) : RaftMessage(Term)
{
    /// <summary>Set while the sender recovers from a damaged log.</summary>
    public LogLoss? Loss { get; init; }
}

/// <summary>
/// The sender's disk lost what it had acknowledged, whatever the leader remembers: its log ends at
/// <paramref name="Last"/>. The number names this life of the sender, so that an answer meant for an earlier one is
/// none.
/// </summary>
public readonly record struct LogLoss(ulong Id, LogIndex Last);

/// <summary>
/// The leader's log ended at <paramref name="UpTo"/> after the loss <paramref name="Id"/> was reported: everything that
/// was ever acknowledged to this leader before is at or before it.
/// </summary>
public readonly record struct RecoveryGoal(ulong Id, LogIndex UpTo);

/// <summary>
/// How far must a state machine be to answer reads that were asked before this? The number names the question, and no
/// life of the sender uses one twice.
/// </summary>
public sealed record ReadRequest(Term Term, ulong Number) : RaftMessage(Term);

/// <summary>
/// When <paramref name="Confirmed"/>, the sender led after the question came, and everything that was acknowledged
/// before is at or before <paramref name="ReadIndex"/>.
/// </summary>
public sealed record ReadReply(Term Term, ulong Number, bool Confirmed, LogIndex ReadIndex) : RaftMessage(Term);

/// <summary>I lead, your log is as long as mine: stand for election now, without waiting (thesis 3.10).</summary>
public sealed record TimeoutNow(Term Term) : RaftMessage(Term);

/// <summary>A message and the voter it goes to.</summary>
public readonly record struct Envelope(NodeId To, RaftMessage Message);
