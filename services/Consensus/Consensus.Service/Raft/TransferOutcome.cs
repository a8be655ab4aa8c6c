using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What became of the wish to hand leadership on.</summary>
public abstract record TransferOutcome
{
    private TransferOutcome()
    {
    }

    /// <summary>
    /// This voter led, and follows now; mostly, but not for certain, the one that was wanted. What it led is over up to
    /// the new leader's term.
    /// </summary>
    public sealed record Moved(NodeId Leader, Term Term) : TransferOutcome;

    /// <summary>This voter does not lead. Nothing was begun.</summary>
    public sealed record NotLeader(NodeId? Leader) : TransferOutcome;

    /// <summary>This voter leads on; the stage says why.</summary>
    public sealed record Refused(TransferStage Stage, NodeId? To) : TransferOutcome;

    /// <summary>Too much waits. Nothing was begun; who led leads on.</summary>
    public sealed record Overloaded : TransferOutcome;
}
