using Holdfast.Primitives;

namespace Holdfast.Standalone.Ports;

/// <summary>A node of a cluster: one child process.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Cluster">Its cluster.</param>
/// <param name="GossipUdp">Where it gossips.</param>
/// <param name="GossipHttp">Where its agent serves members.</param>
/// <param name="FailoverHttp">Where its Failover serves its plan.</param>
/// <param name="OwnerHttp">Where its grain owner serves grains.</param>
internal sealed record NodePlace(
    NodeId Node, ClusterId Cluster, int GossipUdp, int GossipHttp, int FailoverHttp, int OwnerHttp);

/// <summary>A Raft voter, in the parent process.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Domain">What fails together with it.</param>
/// <param name="RaftTcp">Where the other voters reach it.</param>
/// <param name="Http">Where clients reach it.</param>
internal sealed record VoterPlace(NodeId Node, string Domain, int RaftTcp, int Http);

/// <summary>Who runs where: all on this machine's loopback.</summary>
internal sealed record Layout(
    int HubHttp, int ResourceHttp, IReadOnlyList<VoterPlace> Voters, IReadOnlyList<NodePlace> Nodes)
{
    public static readonly IReadOnlyList<string> ClusterNames = ["east", "west", "north"];

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
                   ports.Take($"the grains of {name}")),
        ];
        return new Layout(hub, ports.Take("the guarded resource"), voters, nodes);
    }

    public Uri Hub => Url(HubHttp);

    public Uri Resource => Url(ResourceHttp);

    public IEnumerable<NodePlace> Of(string cluster) => Nodes.Where(node => node.Cluster.Value == cluster);

    public static Uri Url(int port) => new($"http://127.0.0.1:{port}");
}
