using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Tests;

public sealed class ObserverSelectionTests
{
    [Theory]
    [InlineData(6, 3, 5, 1)] // Two nodes a cluster: the other one of the own, and four of others.
    [InlineData(30, 3, 5, 3)]
    [InlineData(2, 2, 1, 0)]
    [InlineData(2, 1, 1, 1)]
    [InlineData(1, 1, 0, 0)]
    public void A_peer_has_at_most_five_observers_and_at_most_half_of_them_from_its_own_cluster(
        int nodes, int clusters, int observers, int ownMax)
    {
        foreach (var (node, cluster) in Members(nodes, clusters))
        {
            var picked = ObserverSelection.Of(node, cluster, Members(nodes, clusters), 5);
            picked.Count.ShouldBe(observers);
            picked.ShouldNotContain(node);
            picked.Distinct().Count().ShouldBe(picked.Count);
            picked.Count(observer => ClusterOf(observer, clusters) == cluster).ShouldBeLessThanOrEqualTo(ownMax);
        }
    }

    [Fact]
    public void Everybody_who_knows_the_same_members_picks_the_same_observers()
    {
        var members = Members(40, 4).ToArray();
        var (node, cluster) = members[7];
        var picked = ObserverSelection.Of(node, cluster, members, 5);
        new Random(1).Shuffle(members);
        ObserverSelection.Of(node, cluster, members, 5).ShouldBe(picked);
    }

    [Fact]
    public void A_member_that_is_lost_moves_only_the_observations_it_had()
    {
        var all = Members(60, 3).ToList();
        var lost = all[11];
        foreach (var (node, cluster) in all.Where(member => member != lost))
        {
            var before = ObserverSelection.Of(node, cluster, all, 5);
            var after = ObserverSelection.Of(node, cluster, all.Where(member => member != lost), 5);
            if (before.Contains(lost.Node)) before.Except(after).ShouldBe([lost.Node]);
            else after.ShouldBe(before);
        }
    }

    private static IEnumerable<(NodeId Node, ClusterId Cluster)> Members(int nodes, int clusters) =>
        Enumerable.Range(0, nodes).Select(i => (new NodeId($"n{i}"), new ClusterId($"c{i % clusters}")));

    private static ClusterId ClusterOf(NodeId node, int clusters) =>
        new($"c{int.Parse(node.Value[1..]) % clusters}");
}
