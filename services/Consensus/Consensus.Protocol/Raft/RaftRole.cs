namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>What a node is in its term.</summary>
public enum RaftRole
{
    /// <summary>Follows a leader, or waits for one.</summary>
    Follower,

    /// <summary>Asks whether it could win, before it raises its term.</summary>
    PreCandidate,

    /// <summary>Raised its term, voted for itself, asks for votes.</summary>
    Candidate,

    /// <summary>Was elected by a majority in its term.</summary>
    Leader,
}
