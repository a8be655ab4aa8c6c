namespace Holdfast.Contracts.Http;

/// <summary>
/// The stable <c>code</c> member of every <c>application/problem+json</c> answer. Programs decide by it, people read
/// <c>detail</c>.
/// </summary>
public static class ProblemCodes
{
    /// <summary>421: another voter leads; <c>leader</c> carries its URL where it is known.</summary>
    public const string NotLeader = "notLeader";

    /// <summary>
    /// 421: another instance of the service acts for the cluster; <c>holder</c> carries its URL where it is known.
    /// </summary>
    public const string NotActing = "notActing";

    /// <summary>503: no majority answered in time, so nothing is known; ask again.</summary>
    public const string NoQuorum = "noQuorum";

    /// <summary>503: leadership was lost before the entry was known to be committed; it may or may not be.</summary>
    public const string ResultUnknown = "resultUnknown";

    /// <summary>503: too much is under way; ask again later.</summary>
    public const string Overloaded = "overloaded";

    /// <summary>503: Raft's leadership is being handed on, and nothing was changed; ask again in a moment.</summary>
    public const string LeaderMoving = "leaderMoving";

    /// <summary>
    /// 503: a member of the group is down or has an older program, which could not read the entry; nothing was changed.
    /// </summary>
    public const string MembersTooOld = "membersTooOld";

    /// <summary>409: Raft's leadership is being handed to another voter.</summary>
    public const string TransferInProgress = "transferInProgress";

    /// <summary>409: the voter did not take over; the leader is the one it was.</summary>
    public const string TransferFailed = "transferFailed";

    /// <summary>409: what was asked for breaks a promise that voters rest on; <c>detail</c> says which.</summary>
    public const string UnsafeSetting = "unsafeSetting";

    /// <summary>409: a snapshot is being taken already.</summary>
    public const string SnapshotInProgress = "snapshotInProgress";

    /// <summary>409: the newest snapshot is on its way to a voter that needs it; ask again later.</summary>
    public const string SnapshotBeingSent = "snapshotBeingSent";

    /// <summary>409: nothing was applied since the newest snapshot.</summary>
    public const string NothingNew = "nothingNew";

    /// <summary>409: this voter is giving a backup already; ask again later, or another voter.</summary>
    public const string BackupInProgress = "backupInProgress";

    /// <summary>429: the caller asks too often.</summary>
    public const string RateLimited = "rateLimited";

    /// <summary>404: no such session; one that ended long ago is forgotten too.</summary>
    public const string SessionUnknown = "sessionUnknown";

    /// <summary>409: the session's node was fenced; it has no right to tokens any more.</summary>
    public const string SessionRevoked = "sessionRevoked";

    /// <summary>410: the session ended, by closing or by its time to live.</summary>
    public const string SessionEnded = "sessionEnded";

    /// <summary>409: this generation of the node is fenced; a newer one is wanted.</summary>
    public const string NodeFenced = "nodeFenced";

    /// <summary>409: the node is known in another cluster; it moves with a higher generation only.</summary>
    public const string NodeInOtherCluster = "nodeInOtherCluster";

    /// <summary>409: there are as many of these as there may be; <c>detail</c> says of what.</summary>
    public const string LimitReached = "limitReached";

    /// <summary>409: the session does not hold the election.</summary>
    public const string NotHolder = "notHolder";

    /// <summary>409: it was asked to write only where nothing is, and something is.</summary>
    public const string AlreadyExists = "alreadyExists";

    /// <summary>
    /// 409: the request is older than the answers that are remembered of its session; whether it was carried out is not
    /// known any more.
    /// </summary>
    public const string RequestForgotten = "requestForgotten";

    /// <summary>409: another request of the session had this number; nothing was done.</summary>
    public const string RequestReused = "requestReused";

    /// <summary>404: there is nothing under this name.</summary>
    public const string NotFound = "notFound";

    /// <summary>400: the request breaks a rule; <c>detail</c> says which and what is legal.</summary>
    public const string InvalidRequest = "invalidRequest";

    /// <summary>401: a bearer token is wanted, and this is not one that is known.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>403: the bearer token is known, but this is for operators only.</summary>
    public const string OperatorOnly = "operatorOnly";

    /// <summary>413: the body is too large.</summary>
    public const string TooLarge = "tooLarge";

    /// <summary>405: the address is served, but not with this method.</summary>
    public const string MethodNotAllowed = "methodNotAllowed";

    /// <summary>500: the service failed to answer, which is a bug; its log says why.</summary>
    public const string InternalError = "internalError";

    /// <summary>503: the grain directory does not answer, or not with records; ask again.</summary>
    public const string DirectoryUnavailable = "directoryUnavailable";

    /// <summary>409: what is asked for is for a cluster that is unreachable, and this one is not.</summary>
    public const string ClusterAlive = "clusterAlive";

    /// <summary>409: the cluster that is to do it has nobody who could.</summary>
    public const string NoLiveCluster = "noLiveCluster";

    /// <summary>409: no process of this id lives on the node, or not where the agent can see it.</summary>
    public const string ProcessUnknown = "processUnknown";

    /// <summary>409: a handoff of this daemon is under way; <c>handoff</c> names it.</summary>
    public const string HandoffInProgress = "handoffInProgress";

    /// <summary>409: the daemon does not serve, so nobody can hand it over; ask again later.</summary>
    public const string NotServing = "notServing";

    /// <summary>409: there is no handoff to abort.</summary>
    public const string NoHandoff = "noHandoff";

    /// <summary>409: the handoff is committed and cannot be aborted any more.</summary>
    public const string TooLate = "tooLate";

    /// <summary>503: no process is there that answers the command.</summary>
    public const string Unanswered = "unanswered";

    /// <summary>428: a write to a guarded resource names its grain and epoch, and this one does not.</summary>
    public const string EpochRequired = "epochRequired";

    /// <summary>400: the epoch of the write is none.</summary>
    public const string EpochMalformed = "epochMalformed";

    /// <summary>412: a higher epoch was seen for the grain; <c>highest</c> carries it.</summary>
    public const string EpochStale = "epochStale";

    /// <summary>409: the session that the epoch's token names has no right to it any more.</summary>
    public const string TokenOver = "tokenOver";

    /// <summary>409: Consensus knows no such token.</summary>
    public const string TokenUnknown = "tokenUnknown";

    /// <summary>503: Consensus does not say whether the token still counts, and that is wanted; ask again.</summary>
    public const string TokenUnverified = "tokenUnverified";
}
