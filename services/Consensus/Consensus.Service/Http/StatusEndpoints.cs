using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;

namespace Holdfast.Consensus.Service.Http;

/// <summary>What this voter knows by itself, leader or not: status, members, snapshot.</summary>
internal sealed class LocalView(
    RaftHost raft, CoordinationMachine machine, ConsensusOptions options, VoterLayout layout) : ISnapshotSource
{
    public object Snapshot()
    {
        var state = machine.Current;
        return new ConsensusSnapshot
        {
            Node = raft.Status.Node.Value,
            Sequence = Contracts.EventIdentity.Sequence(state.AppliedTerm.Value, state.AppliedIndex.Value),
            AppliedIndex = state.AppliedIndex.Value,
            SafeLayout = layout.IsSafe,
            LayoutProblem = layout.Problem,
            Nodes = Nodes(state),
            Sessions =
            [
                .. state.Sessions.Values.Where(session => session.Standing != SessionStanding.Ended).Select(Answers.Of),
            ],
            Elections =
            [
                .. state.Leadership is { } leadership ? [Answers.Of(leadership)] : Array.Empty<ElectionAnswer>(),
                .. state.Elections.Values.Select(election => Answers.Of(state, election)),
            ],
            Definitions = [.. state.Definitions.Values.Select(Answers.Of)],
        };
    }

    public ConsensusStatus Status()
    {
        var status = raft.Status;
        return new ConsensusStatus
        {
            Node = status.Node.Value,
            Role = Words.Of(status.Role),
            Term = status.Term.Value,
            Leader = status.Leader?.Value,
            LeaderAddress = options.Voters.FirstOrDefault(voter => voter.Node == status.Leader) is { } leader
                ? AddressOf(leader)
                : null,
            CommitIndex = status.CommitIndex.Value,
            AppliedIndex = status.AppliedIndex.Value,
            LastIndex = status.LastIndex.Value,
            SnapshotIndex = status.SnapshotIndex.Value,
            Voters = Members(),
            SafeLayout = layout.IsSafe,
            LayoutProblem = layout.Problem,
        };
    }

    public IReadOnlyList<VoterAnswer> Members()
    {
        var status = raft.Status;
        return [.. options.Voters.Select(voter => Of(voter, status))];
    }

    private static VoterAnswer Of(VoterOptions voter, RaftStatus status) => new()
    {
        Node = voter.Node.Value,
        Domain = voter.Domain,
        Address = AddressOf(voter),
        Role = RoleOf(voter, status),
        MatchIndex = status.Voters.TryGetValue(voter.Node, out var match) ? match.Value : null,
    };

    // A voter knows its own role, and by it that of the others: who is not the leader it follows is unknown to it.
    private static string RoleOf(VoterOptions voter, RaftStatus status)
    {
        if (voter.Node == status.Node) return Words.Of(status.Role);
        if (voter.Node == status.Leader) return Words.Of(RaftRole.Leader);
        return status.Role == RaftRole.Leader ? Words.Of(RaftRole.Follower) : "unknown";
    }

    private static string AddressOf(VoterOptions voter) => voter.HttpAddress.ToString().TrimEnd('/');

    private static List<NodeAnswer> Nodes(CoordinationState state)
    {
        var live = state.Sessions.Values
            .Where(session => session is { Agent: true, Standing: SessionStanding.Live, Residence: not null })
            .Select(session => session.Residence!)
            .ToHashSet();
        return
        [
            .. state.Nodes.Values.Select(node => new NodeAnswer
            {
                Node = node.Node.Value,
                Cluster = node.Cluster.Value,
                Generation = node.Generation.Value,
                Live = live.Contains(new Residence(node.Node, node.Generation)),
                Fence = node.Fence is { } fence ? Answers.Of(fence) : null,
            }),
        ];
    }
}

/// <summary>The endpoints of <see cref="LocalView"/>; <c>/snapshot</c> is served with every service's own.</summary>
internal static class StatusEndpoints
{
    public static void MapStatus(this IEndpointRouteBuilder app)
    {
        app.MapGet(ConsensusRoutes.Status, (LocalView view) => Results.Ok(view.Status()));
        app.MapGet("/v1/members", (LocalView view) => Results.Ok(view.Members()));
    }
}
