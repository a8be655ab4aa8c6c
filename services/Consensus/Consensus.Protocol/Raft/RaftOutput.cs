using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// What the shell must do now. <see cref="Send"/> may go at once. <see cref="SendAfterPersist"/> may go when
/// <see cref="Persist"/> and everything handed out before it is durable; when there is no <see cref="Persist"/>, when
/// everything handed out before is. <see cref="Apply"/> holds only what is committed and durable here; no more is
/// handed out before <see cref="RaftInput.Applied"/> says that it was taken.
/// </summary>
public sealed record RaftOutput
{
    public ImmutableArray<Envelope> Send { get; init; } = [];

    public Persistence? Persist { get; init; }

    public ImmutableArray<Envelope> SendAfterPersist { get; init; } = [];

    public ImmutableArray<LogEntry> Apply { get; init; } = [];

    /// <summary>
    /// A durable snapshot that the state machine must take, before <see cref="Apply"/>; answered by
    /// <see cref="RaftInput.Applied"/> with its index.
    /// </summary>
    public SnapshotInfo? Restore { get; init; }

    /// <summary>
    /// Take a snapshot of the state machine as it is before <see cref="Apply"/>; answered by
    /// <see cref="RaftInput.Snapshotted"/> once it is durable. No other is asked for before.
    /// </summary>
    public SnapshotMark? Capture { get; init; }

    /// <summary>Parts of snapshots to read; each is answered by <see cref="RaftInput.ChunkRead"/>.</summary>
    public ImmutableArray<ChunkQuestion> Read { get; init; } = [];

    /// <summary>The answer to <see cref="RaftInput.Propose"/>; null for every other input.</summary>
    public ProposeAnswer? Proposed { get; init; }

    /// <summary>Answers to <see cref="RaftInput.ConfirmLeadership"/> and <see cref="RaftInput.Read"/>.</summary>
    public ImmutableArray<LeadershipConfirmation> Confirmed { get; init; } = [];

    /// <summary>The answer to <see cref="RaftInput.ChangeMembers"/>; null for every other input.</summary>
    public ChangeAnswer? Changed { get; init; }

    /// <summary>Set when other members, or the same under other addresses, are in force from now on.</summary>
    public Configuration? Members { get; init; }

    /// <summary>Set when this node began or ceased to lead.</summary>
    public LeadershipTurn? Leadership { get; init; }

    /// <summary>What became of a <see cref="RaftInput.TransferLeadership"/>; an accepted one may end later.</summary>
    public TransferTurn? Transfer { get; init; }

    /// <summary>The answer to <see cref="RaftInput.TakeSnapshot"/>; null for every other input.</summary>
    public SnapshotTurn? Snapshot { get; init; }

    /// <summary>Set when a message was ignored because it breaks the protocol.</summary>
    public ProtocolViolation? Violation { get; init; }
}

/// <summary>
/// The first <paramref name="Accepted"/> commands are in the log from <paramref name="First"/> on, under
/// <paramref name="Term"/>; the rest was refused for <paramref name="Refusal"/>.
/// </summary>
public sealed record ProposeAnswer(int Accepted, LogIndex First, Term Term, ProposeRefusal Refusal, NodeId? Leader);

public enum ProposeRefusal
{
    None,

    /// <summary>Only the leader appends; the answer names the leader this node knows.</summary>
    NotLeader,

    /// <summary>Too many commands wait to be applied.</summary>
    Overloaded,

    /// <summary>Leadership is being handed on; the next leader takes commands in a moment.</summary>
    LeadershipMoves,
}

/// <summary>
/// Whether the node, or for a read the leader it asked, led after the question was asked. When it did, everything that
/// was committed at the moment of the question is at or before <paramref name="ReadIndex"/>.
/// </summary>
public readonly record struct LeadershipConfirmation(ulong Id, bool Confirmed, LogIndex ReadIndex);

/// <summary>This node began (or ceased) to lead <paramref name="Term"/>.</summary>
/// <param name="Leads">True when it began.</param>
/// <param name="Term">The term it leads or led.</param>
/// <param name="NoOp">The entry that opened the term.</param>
public sealed record LeadershipTurn(bool Leads, Term Term, LogIndex NoOp);

/// <summary>
/// A step of handing leadership on. After <see cref="TransferStage.Begun"/> comes <see cref="TransferStage.Aborted"/>,
/// or the end of this leadership.
/// </summary>
public sealed record TransferTurn(TransferStage Stage, NodeId? To);

public enum TransferStage
{
    /// <summary>No command is taken any more; the target catches up and is then asked to stand.</summary>
    Begun,

    /// <summary>This node does not lead; nothing was begun.</summary>
    NotLeader,

    /// <summary>The target is no other voter; nothing was begun.</summary>
    NoSuchVoter,

    /// <summary>The target, or every other voter, was not heard of lately; nothing was begun.</summary>
    Unreachable,

    /// <summary>Another target is being made leader; nothing was begun.</summary>
    AnotherUnderWay,

    /// <summary>The target did not take over in time; this node leads on, and takes commands again.</summary>
    Aborted,
}

/// <summary>
/// A snapshot that somebody wished for is being taken up to <paramref name="UpTo"/> (<see cref="RaftOutput.Capture"/>),
/// or not, for <paramref name="Refusal"/>.
/// </summary>
public sealed record SnapshotTurn(SnapshotRefusal Refusal, LogIndex UpTo);

public enum SnapshotRefusal
{
    None,

    /// <summary>One is being taken.</summary>
    UnderWay,

    /// <summary>
    /// The newest one is on its way to a follower, which could not finish it if a newer one took its place.
    /// </summary>
    BeingSent,

    /// <summary>Nothing was applied since the newest one.</summary>
    NothingNew,
}

/// <summary>Why a message was counted and dropped.</summary>
public enum ProtocolViolation
{
    /// <summary>The sender bears this node's own name.</summary>
    UnknownSender,

    /// <summary>A term or a place that no group of voters reaches.</summary>
    OutOfRange,

    /// <summary>
    /// The sender is of a life of the group before it was restored from a backup, or after; or the backups differ.
    /// </summary>
    OtherLife,

    /// <summary>
    /// A term further ahead than elections lead (<see cref="Term.LeapMax"/>): whoever took it over would carry it to
    /// all, and after a few such there would be no higher one to elect a leader in.
    /// </summary>
    TermFromNowhere,

    /// <summary>Two leaders claim one term, or a leader was sent what only its followers get.</summary>
    TwoLeaders,

    /// <summary>Entries that are not contiguous, terms that fall, or places beyond what was ever sent.</summary>
    Malformed,

    /// <summary>Entries that would replace what is already committed.</summary>
    BelowCommit,

    /// <summary>
    /// The leader knows entries to be on this voter's disk that are not in its log: its data was lost or is an older
    /// copy. It gets nothing from this leader any more.
    /// </summary>
    AcknowledgedEntriesMissing,

    /// <summary>The parts of a snapshot do not have the checksum that was announced; it is asked for anew.</summary>
    SnapshotDamaged,
}
