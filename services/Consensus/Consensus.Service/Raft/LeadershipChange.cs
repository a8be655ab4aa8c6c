using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>This voter's leadership began or ended. The two alternate, beginning with the first.</summary>
public abstract record LeadershipChange(Term Term)
{
    /// <summary>
    /// This voter leads, and the no-op that opened its term has been applied: the state machine holds everything that
    /// earlier terms committed. <paramref name="NoOp"/> is the index that leadership's token is made of.
    /// </summary>
    public sealed record BecameLeader(Term Term, LogIndex NoOp) : LeadershipChange(Term);

    /// <summary>This voter no longer leads <paramref name="Term"/>.</summary>
    public sealed record LostLeadership(Term Term) : LeadershipChange(Term);
}
