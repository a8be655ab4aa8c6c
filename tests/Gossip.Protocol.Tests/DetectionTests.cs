namespace Holdfast.Gossip.Protocol.Tests;

/// <summary>What whole groups of nodes come to, in virtual time.</summary>
public sealed class DetectionTests
{
    [Fact]
    public void Two_of_six_nodes_in_three_clusters_die_together_and_are_convicted_within_four_seconds()
    {
        var network = ThreeClustersOfTwo(seed: 1);
        network.Kill("east-1", "east-2");
        var took = network.RunUntil(
            () => network.AllSee(PeerState.Down, "east-1") && network.AllSee(PeerState.Down, "east-2"),
            TimeSpan.FromSeconds(10), "both east nodes down everywhere");
        took.ShouldBeLessThan(TimeSpan.FromSeconds(4));
    }

    internal static SimulatedNetwork ThreeClustersOfTwo(int seed)
    {
        var network = new SimulatedNetwork(seed);
        foreach (var cluster in (string[])["east", "west", "north"])
        {
            network.Boot($"{cluster}-1", cluster, "east-1");
            network.Boot($"{cluster}-2", cluster, "east-1");
        }

        network.RunUntil(network.IsWhole, TimeSpan.FromSeconds(10), "six nodes know each other");
        network.Run(TimeSpan.FromSeconds(20));
        return network;
    }
}
