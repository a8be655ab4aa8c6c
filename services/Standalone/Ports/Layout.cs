using Holdfast.Primitives;

namespace Holdfast.Standalone.Ports;

/// <summary>A node of a cluster: one child process.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Cluster">Its cluster.</param>
/// <param name="GossipUdp">Where it gossips.</param>
/// <param name="GossipHttp">Where its agent serves members.</param>
/// <param name="FailoverHttp">Where its Failover serves its plan.</param>
/// <param name="RecoveryHttp">Where its Recovery serves its plan, and hosts of slots sync.</param>
/// <param name="OwnerHttp">Where its program serves the grains it owns and the slots it hosts.</param>
internal sealed record NodePlace(
    NodeId Node,
    ClusterId Cluster,
    int GossipUdp,
    int GossipHttp,
    int FailoverHttp,
    int RecoveryHttp,
    int OwnerHttp);

/// <summary>A Raft voter, in the parent process.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Domain">What fails together with it.</param>
/// <param name="RaftTcp">Where the other voters reach it.</param>
/// <param name="Http">Where clients reach it.</param>
internal sealed record VoterPlace(NodeId Node, string Domain, int RaftTcp, int Http);

/// <summary>The daemon that is handed over, and its supervisor.</summary>
/// <param name="Node">Whose supervisor it is.</param>
/// <param name="SupervisorHttp">Where the supervisor serves its daemons.</param>
/// <param name="DaemonHttp">Where the daemon serves, whichever build it is.</param>
internal sealed record DaemonPlace(NodeId Node, int SupervisorHttp, int DaemonHttp);

/// <summary>Who runs where: all on this machine's loopback.</summary>
internal sealed record Layout(
    int HubHttp,
    int ResourceHttp,
    IReadOnlyList<VoterPlace> Voters,
    IReadOnlyList<NodePlace> Nodes,
    DaemonPlace Daemon)
{
    public static readonly IReadOnlyList<string> ClusterNames = ["east", "west", "north"];

    // Not of the cluster that the demo kills.
    private const string DaemonNode = "west-1";

    private const int NodesPerCluster = 2;
    private const int VoterCount = 3;

    /// <exception cref="PortTakenException">A port that was asked for is in use.</exception>
    public static Layout Plan(PortPlan ports)
    {
        var hub = ports.Take("the hub (directory and events)");
        VoterPlace[] voters =
        [
            .. Enumerable.Range(1, VoterCount).Select(i => new VoterPlace(
                new NodeId($"voter-{i}"), $"site-{i}", ports.Take($"Raft of voter-{i}"), ports.Take($"voter-{i}"))),
        ];
        NodePlace[] nodes =
        [
            .. from cluster in ClusterNames
               from i in Enumerable.Range(1, NodesPerCluster)
               let name = $"{cluster}-{i}"
               select new NodePlace(
                   new NodeId(name),
                   new ClusterId(cluster),
                   ports.Take($"gossip of {name} (UDP)"),
                   ports.Take($"the agent of {name}"),
                   ports.Take($"Failover on {name}"),
                   ports.Take($"Recovery on {name}"),
                   ports.Take($"the grains of {name}")),
        ];
        var resource = ports.Take("the guarded resource");
        var daemon = new DaemonPlace(
            new NodeId(DaemonNode), ports.Take("the supervisor"), ports.Take("the daemon"));
        return new Layout(hub, resource, voters, nodes, daemon);
    }

    public Uri Hub => Url(HubHttp);

    public Uri Resource => Url(ResourceHttp);

    public IEnumerable<NodePlace> Of(string cluster) => Nodes.Where(node => node.Cluster.Value == cluster);

    public static Uri Url(int port) => new($"http://127.0.0.1:{port}");
}
