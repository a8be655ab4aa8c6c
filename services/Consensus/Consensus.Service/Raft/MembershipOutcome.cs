using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What became of the wish for other members.</summary>
public abstract record MembershipOutcome
{
    private MembershipOutcome()
    {
    }

    /// <summary>These are the members, and a majority of their voters holds it on disk.</summary>
    public sealed record Done(Configuration Members) : MembershipOutcome;

    /// <summary>This voter does not lead. Nothing was begun.</summary>
    public sealed record NotLeader(NodeId? Leader) : MembershipOutcome;

    /// <summary>Too much waits. Nothing was begun.</summary>
    public sealed record Overloaded : MembershipOutcome;

    /// <summary>Nothing was begun, for this reason.</summary>
    public sealed record Refused(MembershipRefusal Reason, string Detail) : MembershipOutcome;

    /// <summary>
    /// Leadership was lost before the change was complete; the next leader completes it, or it is gone.
    /// </summary>
    public sealed record Unknown : MembershipOutcome
    {
        public static Unknown Instance { get; } = new();
    }
}
