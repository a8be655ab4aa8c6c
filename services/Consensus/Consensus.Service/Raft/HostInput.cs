using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What waits in the mailbox of the loop.</summary>
internal abstract record HostInput
{
    private HostInput()
    {
    }

    public sealed record Message(NodeId From, RaftMessage Content) : HostInput;

    public sealed record Propose(Proposal Proposal) : HostInput;

    public sealed record Confirmation(TaskCompletionSource<bool> Caller) : HostInput;

    /// <summary>A read that waits until the state machine is far enough.</summary>
    public sealed record ConfirmRead(TaskCompletionSource<bool> Caller) : HostInput;

    /// <summary>Somebody noticed that a voter may be dead.</summary>
    public sealed record Hint(NodeId Suspect, HintKind Kind) : HostInput;

    /// <summary>Hand leadership to a voter, or to any.</summary>
    public sealed record Transfer(NodeId? To, TaskCompletionSource<TransferOutcome> Caller) : HostInput;

    /// <summary>A voter whose program cannot take over when it is asked to.</summary>
    public sealed record CannotTakeOver(NodeId Node, Term Term) : HostInput;

    /// <summary>Other members.</summary>
    public sealed record Change(MembershipChange Wanted, TaskCompletionSource<MembershipOutcome> Caller) : HostInput;

    /// <summary>Other figures.</summary>
    public sealed record Reconfigure(HotOptions Options, TaskCompletionSource<bool> Caller) : HostInput;

    /// <summary>A snapshot, now.</summary>
    public sealed record Snapshot(TaskCompletionSource<SnapshotOutcome> Caller) : HostInput;

    /// <summary>What the node sees of its group.</summary>
    public sealed record View(TaskCompletionSource<GroupView?> Caller) : HostInput;

    /// <summary>A part of a snapshot that was read for a follower.</summary>
    public sealed record Part(RaftInput.ChunkRead Read) : HostInput;

    /// <summary>
    /// What takes the place of the effect of a message that its receiver is too old to know. Who waits for one learns
    /// at once that it does not come; null where nobody waits.
    /// </summary>
    public static HostInput? InsteadOf(NodeId to, RaftMessage unknown) => unknown switch
    {
        ReadRequest read => new Message(to, new ReadReply(read.Term, read.Number, Confirmed: false, default)),
        TimeoutNow asked => new CannotTakeOver(to, asked.Term),
        _ => null,
    };
}
