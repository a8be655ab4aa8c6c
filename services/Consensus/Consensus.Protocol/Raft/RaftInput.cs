using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>Everything that can happen to a node.</summary>
public abstract record RaftInput
{
    private RaftInput()
    {
    }

    /// <summary>Time passed. Early ticks change nothing.</summary>
    public sealed record Tick : RaftInput
    {
        public static Tick Instance { get; } = new();
    }

    /// <summary>A message of another voter, authenticated by the transport. Its content is still not trusted.</summary>
    public sealed record Received(NodeId From, RaftMessage Message) : RaftInput;

    /// <summary>Everything handed to the disk up to this number is durable.</summary>
    public sealed record Persisted(PersistenceNumber UpTo) : RaftInput;

    /// <summary>The state machine took everything handed to it up to this place.</summary>
    public sealed record Applied(LogIndex UpTo) : RaftInput;

    /// <summary>The snapshot that <see cref="RaftOutput.Capture"/> asked for is durable.</summary>
    public sealed record Snapshotted(SnapshotInfo Snapshot) : RaftInput;

    /// <summary>
    /// What <see cref="RaftOutput.Read"/> asked for; <paramref name="Data"/> is null when that snapshot is there no
    /// more, because a newer one took its place.
    /// </summary>
    public sealed record ChunkRead(NodeId To, SnapshotInfo Snapshot, long Offset, ReadOnlyMemory<byte>? Data)
        : RaftInput;

    /// <summary>Commands for the log, in order; answered by <see cref="RaftOutput.Proposed"/>.</summary>
    public sealed record Propose(ImmutableArray<ReadOnlyMemory<byte>> Commands) : RaftInput;

    /// <summary>Other members; answered by <see cref="RaftOutput.Changed"/>.</summary>
    public sealed record ChangeMembers(MembershipChange Change) : RaftInput;

    /// <summary>
    /// Somebody noticed that a voter may be dead. Says something only while that voter leads, and is forgotten as soon
    /// as it is heard again.
    /// </summary>
    public sealed record Hint(NodeId Suspect, HintKind Kind) : RaftInput;

    /// <summary>
    /// Hand leadership to a voter, or to the one whose log is the furthest; answered by
    /// <see cref="RaftOutput.Transfer"/>.
    /// </summary>
    public sealed record TransferLeadership(NodeId? To) : RaftInput;

    /// <summary>
    /// A <see cref="TimeoutNow"/> of this term was not sent, since the program of its receiver is too old to know it:
    /// leadership goes to another, or stays.
    /// </summary>
    public sealed record CannotTakeOver(NodeId Node, Term Term) : RaftInput;

    /// <summary>
    /// Is this node still the leader, after this moment? Answered by <see cref="RaftOutput.Confirmed"/> under the same
    /// id, once a majority acknowledged a round of heartbeats begun after this input.
    /// </summary>
    public sealed record ConfirmLeadership(ulong Id) : RaftInput;

    /// <summary>
    /// How far must the state machine be to answer a read that was asked before this moment? A follower asks its
    /// leader. Answered by <see cref="RaftOutput.Confirmed"/> under the same id.
    /// </summary>
    public sealed record Read(ulong Id) : RaftInput;

    /// <summary>Other figures from now on.</summary>
    public sealed record Reconfigure(HotOptions Options) : RaftInput;

    /// <summary>
    /// Take a snapshot of the own state now, whatever the policy says; answered by <see cref="RaftOutput.Snapshot"/>.
    /// </summary>
    public sealed record TakeSnapshot : RaftInput
    {
        public static TakeSnapshot Instance { get; } = new();
    }
}

/// <summary>How much a hint at a leader's death is worth.</summary>
public enum HintKind
{
    /// <summary>
    /// The process is gone: its connection was closed, or its end was seen. No more silence is waited for.
    /// </summary>
    Gone,

    /// <summary>It is suspected from afar. Counts once two heartbeats were missed here, too.</summary>
    Suspected,
}
