using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>Records of the state machine in the words of the wire.</summary>
internal static class PaperAnswers
{
    public static ConsensusSnapshot Of(CoordinationState state, string? layoutProblem) => new()
    {
        Node = "v1",
        Sequence = "paper",
        AppliedIndex = state.AppliedIndex.Value,
        SafeLayout = layoutProblem is null,
        LayoutProblem = layoutProblem,
        Nodes = [.. state.Nodes.Values.Select(node => Of(state, node))],
        Sessions =
        [
            .. state.Sessions.Values.Where(session => session.Standing != SessionStanding.Ended).Select(Of),
        ],
        Elections = [.. state.Elections.Values.Select(election => Of(state, election))],
        Definitions = [.. state.Definitions.Values.Select(Of)],
        DirectoryLosses = [.. state.Losses.Values.Select(losses => Of(losses[^1]))],
    };

    public static DirectoryLossAnswer Of(MemoryLoss loss) => new()
    {
        Shard = loss.Memory.Shard,
        Floor = loss.Floor.ToString(),
        Gen = loss.Memory.Gen,
        Seq = loss.Memory.Seq,
        Run = loss.Memory.Run,
        Evidence = loss.Evidence.ToString().ToLowerInvariant(),
        LostAt = DateTimeOffset.FromUnixTimeMilliseconds(loss.LostAtUnixMs).UtcDateTime,
    };

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
        State = session.Standing == SessionStanding.Revoked ? "revoked" : "live",
    };

    public static ElectionAnswer Of(CoordinationState state, ElectionRecord election) => new()
    {
        Election = election.Name.Value,
        Holder = election.Holder?.ToString(),
        Token = election.Token == Token.None ? null : election.Token.ToString(),
        Cluster = election.Holder is { } id ? state.Sessions[id].Cluster.Value : null,
        Term = election.Term.Value,
        Queue = [.. election.Queue.Select(candidate => candidate.Session.ToString())],
    };

    public static DefinitionAnswer Of(DefinitionRecord definition) => new()
    {
        Key = definition.Key.Value,
        Value = definition.Value,
        Token = definition.Token.ToString(),
    };

    private static NodeAnswer Of(CoordinationState state, NodeRecord node) => new()
    {
        Node = node.Node.Value,
        Cluster = node.Cluster.Value,
        Generation = node.Generation.Value,
        Live = state.IsLive(node),
        Fence = node.Fence is { } fence ? Of(fence) : null,
    };

    private static FenceAnswer Of(FenceRecord fence) => new()
    {
        Node = fence.Node.Value,
        Cluster = fence.Cluster.Value,
        Generation = fence.Generation.Value,
        Outcome = "fenced",
        Token = fence.Token.ToString(),
        Cause = char.ToLowerInvariant(fence.Cause.ToString()[0]) + fence.Cause.ToString()[1..],
        FencedAt = DateTimeOffset.FromUnixTimeMilliseconds(fence.FencedAtUnixMs).UtcDateTime,
        TraceParent = fence.TraceParent,
        LiveClusters = [.. fence.LiveClusters.Select(cluster => cluster.Value)],
    };
}
