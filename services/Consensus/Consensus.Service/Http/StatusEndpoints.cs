using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Alerts;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Http;

/// <summary>What this voter knows by itself, leader or not: status, members, snapshot.</summary>
internal sealed class LocalView(
    RaftHost raft, CoordinationMachine machine, LeaderGate gate, AlertBoard alerts) : ISnapshotSource
{
    public object Snapshot()
    {
        var state = machine.Current;
        var layout = VoterLayout.Of(raft.Status.Members);
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
            DirectoryLosses = [.. state.Losses.Values.Select(losses => Answers.Of(losses[^1]))],
        };
    }

    public ConsensusStatus Status()
    {
        var status = raft.Status;
        var layout = VoterLayout.Of(status.Members);
        return new ConsensusStatus
        {
            Node = status.Node.Value,
            Role = Words.Of(status.Role),
            Term = status.Term.Value,
            Leader = status.Leader?.Value,
            LeaderAddress = gate.AddressOf(status.Leader),
            CommitIndex = status.CommitIndex.Value,
            AppliedIndex = status.AppliedIndex.Value,
            LastIndex = status.LastIndex.Value,
            SnapshotIndex = status.SnapshotIndex.Value,
            Voters = Members(),
            SafeLayout = layout.IsSafe,
            LayoutProblem = layout.Problem,
            Recovering = status.IsRecovering,
            LogProblem = LogWhole.ProblemOf(status),
            Alerts = alerts.Standing,
        };
    }

    public IReadOnlyList<VoterAnswer> Members()
    {
        var status = raft.Status;
        return [.. status.Members.Members.Select(member => Of(member, status))];
    }

    private static VoterAnswer Of(Member member, RaftStatus status) => new()
    {
        Node = member.Node.Value,
        Domain = member.Domain,
        Address = member.HttpAddress,
        RaftAddress = member.RaftAddress,
        Standing = StandingOf(member.Node, status.Members),
        Role = RoleOf(member.Node, status),
        MatchIndex = status.Voters.TryGetValue(member.Node, out var match) ? match.Value : null,
    };

    private static string StandingOf(NodeId node, Configuration members) =>
        members.Voters.Contains(node) ? "voter" : members.Outgoing.Contains(node) ? "leaving" : "learner";

    // A voter knows its own role, and by it that of the others: who is not the leader it follows is unknown to it.
    private static string RoleOf(NodeId node, RaftStatus status)
    {
        if (node == status.Node) return Words.Of(status.Role);
        if (node == status.Leader) return Words.Of(RaftRole.Leader);
        return status.Role == RaftRole.Leader ? Words.Of(RaftRole.Follower) : "unknown";
    }

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
        app.MapGet(ConsensusRoutes.Members, (LocalView view) => Results.Ok(view.Members()));
    }
}
