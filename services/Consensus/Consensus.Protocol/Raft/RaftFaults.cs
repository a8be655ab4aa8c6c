namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// Classic mistakes, switched on by tests only, which must see the checkers catch each of them. A checker that never
/// caught anything proves nothing.
/// </summary>
[Flags]
internal enum RaftFaults
{
    None = 0,

    /// <summary>Followers acknowledge, and voters vote, before the flush.</summary>
    AcknowledgeBeforeFlush = 1,

    /// <summary>The vote is never written, so that a restarted voter votes twice.</summary>
    ForgetVote = 2,

    /// <summary>
    /// A follower acknowledges its own last index instead of what the request spoke of. The leader probes without
    /// entries then, since a probe that carries some cuts a stale suffix off before it is acknowledged.
    /// </summary>
    MatchFromOwnLastIndex = 4,

    /// <summary>A leader commits entries of earlier terms by counting (Raft figure 8).</summary>
    CommitOldTermByCount = 8,

    /// <summary>A follower cuts its log at every request, also where the entries agree.</summary>
    TruncateAlways = 16,

    /// <summary>A vote is granted to a candidate whose log is behind.</summary>
    VoteForShorterLog = 32,

    /// <summary>Leadership is confirmed by replies to rounds that began before the question.</summary>
    ConfirmByOldRound = 64,

    /// <summary>A late heartbeat of an old term is answered in the new term with the old term's round.</summary>
    EchoRoundOfOldTerm = 128,

    /// <summary>A follower takes a snapshot that is older than what it has committed, and forgets the rest.</summary>
    SnapshotGoesBackwards = 256,

    /// <summary>The log is cut at the place of a snapshot that is not durable yet.</summary>
    CompactBeforeSnapshot = 512,

    /// <summary>A lease counts from when the answer came, and as long as was promised.</summary>
    LeaseWithoutMargin = 1024,

    /// <summary>A voter forgets what it promised to a leader when it is restarted, hinted or in a newer term.</summary>
    PromiseBroken = 2048,

    /// <summary>
    /// A promise is as long as the timeout in force, which a voter that restarts knows nothing of any more.
    /// </summary>
    PromiseStretched = 1 << 25,

    /// <summary>New members receive everything, but votes and commits go on being counted by the first ones.</summary>
    StaticMembership = 1 << 20,

    /// <summary>A change of voters goes from the old to the new in one step, without a joint state.</summary>
    NoJointState = 1 << 21,

    /// <summary>A configuration that is cut off stays in force.</summary>
    KeepCutConfiguration = 1 << 22,

    /// <summary>A voter whose disk lost a part of its log votes and stands as if nothing had happened.</summary>
    VotesAfterLoss = 1 << 23,

    /// <summary>A voter that hears no leader raises its term at once, without asking whether it could win.</summary>
    NoPreVote = 1 << 24,
}
