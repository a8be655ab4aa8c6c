namespace Holdfast.Contracts.Http;

/// <summary>
/// The paths of Consensus' HTTP surface, as a client writes them. The name of an election and the key of a definition
/// may contain '/', and travel as one segment, percent-encoded (<c>failover%2Feast</c>); a voter decodes it.
/// </summary>
public static class ConsensusRoutes
{
    /// <summary>
    /// <c>POST</c> opens (<see cref="OpenSessionRequest"/>), <c>GET</c> lists; answers are
    /// <see cref="SessionAnswer"/>.
    /// </summary>
    public const string Sessions = "/v1/sessions";

    /// <summary><c>POST</c> a <see cref="FenceRequest"/>, answered with a <see cref="FenceAnswer"/>.</summary>
    public const string Fence = "/v1/fence";

    /// <summary>
    /// <c>POST</c> a <see cref="DirectoryLostRequest"/>, answered with the <see cref="DirectoryLossAnswer"/> whose
    /// floor counts, the first one's where the memory was reported before.
    /// </summary>
    public const string DirectoryLost = "/v1/directory-lost";

    /// <summary>
    /// <c>POST</c> a <see cref="TransferRequest"/>: hands Raft's leadership on, answered with a
    /// <see cref="TransferAnswer"/>.
    /// </summary>
    public const string Transfer = "/v1/transfer";

    /// <summary>
    /// <c>GET</c>: a voter's own <see cref="ConfigAnswer"/>. <c>PUT</c> a <see cref="ConfigRequest"/>: in force at that
    /// voter, answered with the same.
    /// </summary>
    public const string Config = "/v1/config";

    /// <summary>
    /// <c>POST</c> without a body: a voter takes a snapshot of its own state now and forgets the log before it,
    /// answered with a <see cref="SnapshotTakenAnswer"/>.
    /// </summary>
    public const string TakeSnapshot = "/v1/snapshot";

    /// <summary><c>GET</c>: <see cref="ConsensusStatus"/>.</summary>
    public const string Status = "/v1/status";

    /// <summary><c>GET</c>: <see cref="ConsensusSnapshot"/>.</summary>
    public const string Snapshot = "/snapshot";

    /// <summary>
    /// The header and its value with which <c>PUT</c> of a definition writes only where none is; refused with 409 and
    /// <see cref="ProblemCodes.AlreadyExists"/> otherwise.
    /// </summary>
    public const string OnlyIfAbsentHeader = "If-None-Match";

    /// <summary>The value of <see cref="OnlyIfAbsentHeader"/>.</summary>
    public const string OnlyIfAbsentValue = "*";

    /// <summary>
    /// The header that marks a change as <c>session/number</c>: a number of the session's own, from 1 to 2^63 - 1,
    /// higher than those before it. Repeated under its mark a change is carried out once, and answered as at first,
    /// with this header and <see cref="RequestRepeated"/>. What opens a session is marked by a random number only.
    /// </summary>
    public const string RequestHeader = "Holdfast-Request";

    /// <summary>The value of <see cref="RequestHeader"/> in an answer that was given before.</summary>
    public const string RequestRepeated = "repeated";

    /// <summary><c>GET</c> reads and <c>DELETE</c> closes a session.</summary>
    public static string Session(string session) => $"{Sessions}/{session}";

    /// <summary><c>POST</c> without a body, answered with the <see cref="SessionAnswer"/>.</summary>
    public static string KeepAlive(string session) => $"{Sessions}/{session}/keepalive";

    /// <summary>
    /// <c>POST</c> without a body: a newer token for the session, in the <see cref="SessionAnswer"/>.
    /// </summary>
    public static string AdvanceSession(string session) => $"{Sessions}/{session}/advance";

    /// <summary>
    /// <c>GET</c>: a list of <see cref="VoterAnswer"/>. <c>POST</c> a <see cref="MembersRequest"/> to the leader:
    /// <see cref="MembersAnswer"/> once it is done.
    /// </summary>
    public const string Members = "/v1/members";

    /// <summary><c>GET</c>, for operators: the state in one file, which the group can be restored from.</summary>
    public const string Backup = "/v1/backup";

    /// <summary><c>GET</c>: <see cref="ElectionAnswer"/>.</summary>
    public static string Election(string name) => $"/v1/elections/{Uri.EscapeDataString(name)}";

    /// <summary>
    /// <c>POST</c> a <see cref="CampaignRequest"/>; the <see cref="ElectionAnswer"/> says who holds it and who waits.
    /// Repeated by the holder or by one who waits it changes nothing.
    /// </summary>
    public static string Campaign(string name) => $"{Election(name)}/campaign";

    /// <summary><c>POST</c> a <see cref="CampaignRequest"/>: gives it up, or stops waiting.</summary>
    public static string Resign(string name) => $"{Election(name)}/resign";

    /// <summary>
    /// <c>POST</c> a <see cref="CampaignRequest"/> by the holder: a newer token, in the <see cref="ElectionAnswer"/>.
    /// </summary>
    public static string AdvanceElection(string name) => $"{Election(name)}/advance";

    /// <summary><c>GET</c>: the newest <see cref="FenceAnswer"/> of a node.</summary>
    public static string FenceOf(string node) => $"/v1/fences/{node}";

    /// <summary><c>GET</c>: <see cref="TokenAnswer"/>.</summary>
    public static string Token(string token) => $"/v1/tokens/{token}";

    /// <summary>
    /// <c>GET</c>: <see cref="DefinitionAnswer"/>; <c>PUT</c> with the JSON text itself as the body, answered with the
    /// same; <c>DELETE</c>.
    /// </summary>
    public static string Definition(string key) => $"/v1/definitions/{Uri.EscapeDataString(key)}";
}
