namespace Holdfast.Gossip.Protocol.Tests;

/// <summary>What whole groups of nodes come to, in virtual time, from fixed seeds.</summary>
public sealed class DetectionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Both_nodes_of_one_of_three_clusters_die_together_and_are_down_within_four_seconds(int seed)
    {
        var network = Groups.ThreeClustersOfTwo(seed);
        network.Kill("east-1", "east-2");
        network.RunUntil(
            () => network.AllSee(PeerState.Down, "east-1") && network.AllSee(PeerState.Down, "east-2"),
            TimeSpan.FromSeconds(4), "both east nodes are down everywhere");

        var down = Groups.OwnDowns(network).ToList();
        down.Select(change => change.Conviction!.CutId).Distinct().Count().ShouldBe(1, "they died together");
        down.ShouldAllBe(change => change.Conviction!.Votes.Length >= change.Conviction.VotesWanted);
        down.ShouldAllBe(change => !change.Conviction!.IsByWitness);
        network.Fences.Select(fence => fence.Fence.Peer.Node.Value).Distinct().Count().ShouldBe(2);
        network.Fences.ShouldAllBe(fence => fence.Fence.SilentFor >= TimeSpan.FromMilliseconds(800));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    public void A_node_of_one_cluster_is_down_within_two_seconds(int nodes)
    {
        var network = Groups.OneCluster(seed: 5, nodes);
        network.Kill("n1");
        network.RunUntil(
            () => network.AllSee(PeerState.Down, "n1"), TimeSpan.FromSeconds(2), "n1 is down everywhere");
    }

    [Fact]
    public void A_whole_cluster_of_ten_is_convicted_by_its_observers_outside()
    {
        var network = new SimulatedNetwork(11);
        for (var i = 0; i < 10; i++) network.Boot($"e{i}", "east", "e0");
        for (var i = 0; i < 5; i++) network.Boot($"w{i}", "west", "e0");
        network.RunUntil(network.IsWhole, TimeSpan.FromSeconds(15), "fifteen nodes know each other");
        network.Run(TimeSpan.FromSeconds(20));
        network.Kill([.. Enumerable.Range(0, 10).Select(i => $"e{i}")]);
        network.RunUntil(
            () => Enumerable.Range(0, 10).All(i => network.AllSee(PeerState.Down, $"e{i}")),
            TimeSpan.FromSeconds(10), "all of east is down everywhere");
        Groups.OwnDowns(network).Select(change => change.Peer.Cluster.Value).Distinct().ShouldBe(["east"]);
    }

    [Fact]
    public void Two_of_three_die_and_the_last_one_s_word_is_enough_after_the_wait_for_votes()
    {
        var network = Groups.OneCluster(seed: 3, nodes: 3);
        network.Kill("n1", "n2");
        var took = network.RunUntil(
            () => network.AllSee(PeerState.Down, "n1"), TimeSpan.FromSeconds(10), "n1 is down at n0");
        took.ShouldBeGreaterThan(network.Options.WitnessDelay);
        var down = Groups.OwnDowns(network).Select(change => change.Conviction!).ToList();
        down.Count.ShouldBe(2);
        down.ShouldAllBe(conviction => conviction.IsByWitness || conviction.VotesWanted == 1);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.2)]
    public void Nobody_alive_is_convicted_while_datagrams_are_lost_repeated_and_late(double loss)
    {
        var network = new SimulatedNetwork(21)
        {
            Loss = loss,
            Repeats = 0.05,
            DelayMax = TimeSpan.FromMilliseconds(60),
        };
        for (var i = 0; i < 12; i++) network.Boot($"n{i}", $"c{i % 3}", "n0");
        network.RunUntil(network.IsWhole, TimeSpan.FromSeconds(20), "twelve nodes know each other");
        network.Run(TimeSpan.FromMinutes(5));
        Groups.OwnDowns(network).ShouldBeEmpty();
    }

    [Fact]
    public void At_half_of_all_datagrams_lost_a_death_is_still_noticed_and_the_group_stays_whole()
    {
        var network = Groups.OneCluster(seed: 8, nodes: 20);
        network.Loss = 0.5;
        network.Run(TimeSpan.FromSeconds(30));
        network.RunUntil(network.IsWhole, TimeSpan.FromSeconds(30), "whatever was accused in error has refuted it");
        network.Kill("n7");
        network.RunUntil(
            () => network.AllSee(PeerState.Down, "n7"), TimeSpan.FromSeconds(15), "n7 is down everywhere");
    }

    [Fact]
    public void A_link_that_works_one_way_convicts_nobody_and_is_not_complained_of_again_and_again()
    {
        var network = Groups.OneCluster(seed: 4, nodes: 6);
        network.Cut("n1", "n2");
        network.Run(TimeSpan.FromMinutes(2));
        Groups.OwnDowns(network).ShouldBeEmpty();
        network.Changes.Count(change => change.Change is PeerChange.Suspected { IsOwn: true }).ShouldBeLessThan(5);
        network.StateAt("n2", "n1").ShouldBe(PeerState.Up);
    }

    [Fact]
    public void A_node_whose_link_to_one_observer_is_sick_is_still_convicted_when_it_dies()
    {
        var network = Groups.OneCluster(seed: 4, nodes: 6);
        network.Cut("n1", "n2");
        network.Run(TimeSpan.FromSeconds(30));
        network.Kill("n1");
        network.RunUntil(() => network.AllSee(PeerState.Down, "n1"), TimeSpan.FromSeconds(3), "n1 is down everywhere");
    }
}

/// <summary>Groups that have settled.</summary>
internal static class Groups
{
    public static SimulatedNetwork ThreeClustersOfTwo(int seed, GossipOptions? options = null)
    {
        var network = new SimulatedNetwork(seed, options);
        foreach (var cluster in (string[])["east", "west", "north"])
        {
            network.Boot($"{cluster}-1", cluster, "east-1");
            network.Run(TimeSpan.FromMilliseconds(125));
            network.Boot($"{cluster}-2", cluster, "east-1");
            network.Run(TimeSpan.FromMilliseconds(275));
        }

        return Settled(network);
    }

    public static SimulatedNetwork OneCluster(int seed, int nodes, GossipOptions? options = null)
    {
        var network = new SimulatedNetwork(seed, options);
        for (var i = 0; i < nodes; i++)
        {
            network.Boot($"n{i}", "east", "n0");
            network.Run(TimeSpan.FromMilliseconds(75));
        }

        return Settled(network);
    }

    public static IEnumerable<PeerChange.Down> OwnDowns(SimulatedNetwork network) =>
        network.Changes.Select(change => change.Change).OfType<PeerChange.Down>().Where(change => change.IsOwn);

    private static SimulatedNetwork Settled(SimulatedNetwork network)
    {
        network.RunUntil(network.IsWhole, TimeSpan.FromSeconds(15), "all nodes know each other");
        network.Run(TimeSpan.FromSeconds(20));
        Groups.OwnDowns(network).ShouldBeEmpty();
        return network;
    }
}
