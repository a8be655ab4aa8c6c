using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service;

/// <summary>Records of the log as the HTTP surface shows them.</summary>
internal static class Answers
{
    public static DateTime Utc(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime;

    public static SessionAnswer Of(SessionRecord session) => new()
    {
        Session = session.Id.ToString(),
        Token = session.Token.ToString(),
        Cluster = session.Cluster.Value,
        Node = session.Residence?.Node.Value,
        Generation = session.Residence?.Generation.Value,
        Ttl = session.Ttl,
        Name = session.Name,
        Agent = session.Agent,
        State = Words.Of(session.Standing),
    };

    public static ElectionAnswer Of(CoordinationState state, ElectionRecord election)
    {
        var holder = election.Holder is { } id ? state.Sessions.GetValueOrDefault(id) : null;
        return new ElectionAnswer
        {
            Election = election.Name.Value,
            Holder = election.Holder?.ToString(),
            Token = election.Token == Token.None ? null : election.Token.ToString(),
            Cluster = holder?.Cluster.Value,
            Node = holder?.Residence?.Node.Value,
            Term = election.Term.Value,
            Queue = [.. election.Queue.Select(candidate => candidate.Session.ToString())],
        };
    }

    /// <summary>Raft's own leadership in the shape of an election.</summary>
    public static ElectionAnswer Of(Leadership leadership) => new()
    {
        Election = Announcement.ConsensusElection,
        Holder = leadership.Leader.Value,
        Token = leadership.Token.ToString(),
        Node = leadership.Leader.Value,
        Term = leadership.Term.Value,
        Queue = [],
    };

    public static FenceAnswer Of(FenceRecord fence) => new()
    {
        Node = fence.Node.Value,
        Cluster = fence.Cluster.Value,
        Generation = fence.Generation.Value,
        Outcome = "fenced",
        Token = fence.Token.ToString(),
        Cause = Words.Of(fence.Cause),
        FencedAt = Utc(fence.FencedAtUnixMs),
        TraceParent = fence.TraceParent,
        LiveClusters = [.. fence.LiveClusters.Select(cluster => cluster.Value)],
        Observers = Evidence(fence.Observers),
    };

    /// <summary>A fence that was not made: <c>refused</c> or <c>retry</c>.</summary>
    public static FenceAnswer NotFenced(
        CoordinationCommand.FenceNode fence, string outcome, TimeSpan? keptAliveAgo, TimeSpan? retryAfter) => new()
        {
            Node = fence.Node.Value,
            Cluster = fence.Cluster.Value,
            Generation = fence.Generation.Value,
            Outcome = outcome,
            KeptAliveAgo = keptAliveAgo,
            RetryAfter = retryAfter,
        };

    public static IReadOnlyList<ObserverEvidence> Evidence(IEnumerable<Evidence> observers) =>
    [
        .. observers.Select(observer => new ObserverEvidence
        {
            NodeId = observer.Node.Value,
            ClusterId = observer.Cluster.Value,
            Phi = observer.Phi,
            SilentForMs = (long)observer.SilentFor.TotalMilliseconds,
        }),
    ];

    public static DirectoryLossAnswer Of(MemoryLoss loss) => new()
    {
        Shard = loss.Memory.Shard,
        Floor = loss.Floor.ToString(),
        Gen = loss.Memory.Gen,
        Seq = loss.Memory.Seq,
        Run = loss.Memory.Run,
        Evidence = Words.Of(loss.Evidence),
        LostAt = Utc(loss.LostAtUnixMs),
        TraceParent = loss.TraceParent,
    };

    public static DefinitionAnswer Of(DefinitionRecord definition) => new()
    {
        Key = definition.Key.Value,
        Value = definition.Value,
        Token = definition.Token.ToString(),
    };

    public static TokenAnswer Of(TokenStanding standing) => new()
    {
        Token = standing.Minted.Token.ToString(),
        Session = standing.Minted.Session.ToString(),
        Election = standing.Minted.Election?.Value,
        Newest = standing.Newest,
        SessionAlive = standing.SessionAlive,
    };
}
