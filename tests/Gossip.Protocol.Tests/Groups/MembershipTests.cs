using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Tests;

public sealed class MembershipTests
{
    [Theory]
    [InlineData(50, 0)]
    [InlineData(50, 0.2)]
    public void Many_nodes_that_know_one_seed_come_to_know_each_other(int nodes, double loss)
    {
        var network = new SimulatedNetwork(31) { Loss = loss };
        for (var i = 0; i < nodes; i++) network.Boot($"n{i:00}", $"c{i % 3}", "n00");
        network.RunUntil(network.IsWhole, TimeSpan.FromSeconds(20), $"{nodes} nodes know each other");
        network.PacketBytesLargest.ShouldBeLessThanOrEqualTo(network.Options.PacketBytesMax);
    }

    [Fact]
    public void A_quiet_group_of_twenty_costs_each_node_less_than_three_kilobytes_a_second()
    {
        var network = Groups.OneCluster(seed: 2, nodes: 20);
        var before = network.BytesSent;
        network.Run(TimeSpan.FromSeconds(60));
        ((network.BytesSent - before) / 60 / 20).ShouldBeLessThan(3_000);
    }

    [Fact]
    public void A_leave_is_known_at_once_and_stays()
    {
        var network = Groups.ThreeClustersOfTwo(seed: 6);
        network.Give("west-1", new GossipInput.Leave("maintenance"));
        network.RunUntil(
            () => network.AllSee(PeerState.Left, "west-1"), TimeSpan.FromSeconds(1), "west-1 has left everywhere");
        network.Run(TimeSpan.FromSeconds(30));
        network.AllSee(PeerState.Left, "west-1").ShouldBeTrue();
        network.Fences.ShouldContain(fence => fence.Fence.IsLeave && fence.Fence.Peer.Node.Value == "west-1");
        network.Changes.Select(change => change.Change).OfType<PeerChange.Suspected>().ShouldBeEmpty();
    }

    [Fact]
    public void A_node_that_is_booted_again_is_up_in_a_higher_generation_everywhere()
    {
        var network = Groups.ThreeClustersOfTwo(seed: 7);
        network.Kill("west-2");
        network.Run(TimeSpan.FromSeconds(5));
        var old = network.ViewAt("east-1", "west-2").Record.Generation;
        network.Boot("west-2", "west", "east-1");
        network.RunUntil(network.IsWhole, TimeSpan.FromSeconds(5), "west-2 is up everywhere");
        network.ViewAt("north-1", "west-2").Record.Generation.ShouldBeGreaterThan(old);
        network.Changes.Exists(change => change.Agent == "west-2" &&
            change.Change is PeerChange.Up { IsOwn: true, Reason: UpReason.Restarted }).ShouldBeTrue();
    }

    [Fact]
    public void A_node_whose_clock_stands_back_learns_from_its_peers_which_generation_to_outbid()
    {
        var network = Groups.ThreeClustersOfTwo(seed: 9);
        network.Kill("west-2");
        var old = network.ViewAt("east-1", "west-2").Record.Generation;
        network.Boot("west-2", "west", "east-1", generation: 1_000);
        network.RunUntil(network.IsWhole, TimeSpan.FromSeconds(5), "west-2 is up everywhere");
        network["west-2"].Core.Self.Generation.ShouldBe(new Generation(old.Value + 1));
    }

    [Fact]
    public void A_node_whose_generation_is_fenced_goes_on_under_a_higher_one()
    {
        var network = Groups.ThreeClustersOfTwo(seed: 10);
        var old = network["north-1"].Core.Self.Generation;
        network.Give("north-1", new GossipInput.Fenced(old));
        network["north-1"].Core.Self.Generation.ShouldBe(new Generation(old.Value + 1));
        network.RunUntil(
            () => network.ViewAt("west-1", "north-1").Record.Generation > old, TimeSpan.FromSeconds(2),
            "the new generation is known in west");
        network.Run(TimeSpan.FromSeconds(30));
        network.IsWhole().ShouldBeTrue();
        Groups.OwnDowns(network).ShouldBeEmpty();
    }

    [Fact]
    public void Two_halves_that_were_cut_apart_for_minutes_find_each_other_again()
    {
        var network = Groups.ThreeClustersOfTwo(seed: 12);
        string[] east = ["east-1", "east-2"];
        string[] rest = ["west-1", "west-2", "north-1", "north-2"];
        foreach (var one in east)
        {
            foreach (var other in rest)
            {
                network.Cut(one, other);
                network.Cut(other, one);
            }
        }

        network.Run(TimeSpan.FromMinutes(3));
        network.StateAt("west-1", "east-1").ShouldBe(PeerState.Down);
        network.StateAt("east-1", "west-1").ShouldBe(PeerState.Down);
        network.Heal();
        network.RunUntil(network.IsWhole, TimeSpan.FromSeconds(20), "all six are up everywhere");
        network.Run(TimeSpan.FromSeconds(20));
        network.IsWhole().ShouldBeTrue();
    }

    [Fact]
    public void A_fence_is_asked_for_until_it_stands_and_by_others_when_the_first_agent_dies()
    {
        var network = Groups.ThreeClustersOfTwo(seed: 13);
        var isReachable = false;
        network.AnswerFence = (_, fence) =>
            !isReachable ? FenceResult.NotYet : fence.LooksFirst ? FenceResult.Absent : FenceResult.Fenced;
        network.Kill("east-1");
        network.RunUntil(() => network.Fences.Count > 3, TimeSpan.FromSeconds(10), "the fence is asked for repeatedly");
        var silences = network.Fences.Where(fence => !fence.Fence.LooksFirst).Select(fence => fence.Fence.SilentFor);
        silences.ShouldBe(silences.Order(), "silence is measured anew");
        var first = network.Fences[0].Agent;
        network.Kill(first);
        isReachable = true;
        network.RunUntil(
            () => network.Fences.Exists(fence => fence.Agent != first && !fence.Fence.LooksFirst),
            TimeSpan.FromSeconds(30), "another agent asks for the fence");
        network.Run(TimeSpan.FromSeconds(20));
        var settled = network.Fences.Count;
        network.Run(TimeSpan.FromSeconds(30));
        network.Fences.Count.ShouldBe(settled, "a fence that stands is not asked for again");
    }

    [Theory]
    [InlineData(120, 120)]
    [InlineData(0, 10)]
    [InlineData(700, 500)]
    public void A_fence_that_lacks_little_is_asked_for_once_as_soon_as_Consensus_says(int saidMs, int waitedMs)
    {
        var options = new GossipOptions { FenceRetry = TimeSpan.FromMilliseconds(500) };
        var network = Groups.OneCluster(seed: 17, nodes: 3, options);
        network.AnswerFence = (_, fence) => fence.LooksFirst ? FenceResult.Absent : FenceResult.NotYet;
        network.FenceRetryAfter = TimeSpan.FromMilliseconds(saidMs);
        network.Kill("n1");
        network.RunUntil(() => Asked().Count > 3, TimeSpan.FromSeconds(10), "the fence is asked for repeatedly");

        var pauses = Asked().Zip(Asked().Skip(1), (one, next) => next.At - one.At);
        var milliseconds = pauses.Select(pause => pause.TotalMilliseconds).ToList();
        milliseconds[0].ShouldBeInRange(waitedMs, waitedMs + 50);
        milliseconds.Skip(1).ShouldAllBe(pause => pause >= 500 && pause <= 550);

        List<(Instant At, string Agent, FenceWanted Fence)> Asked() =>
            [.. network.Fences.Where(fence => fence.Agent == network.Fences[0].Agent && !fence.Fence.LooksFirst)];
    }

    [Fact]
    public void What_is_forgotten_is_not_learned_again_from_those_who_forget_later()
    {
        var options = new GossipOptions { ForgetAfter = TimeSpan.FromMinutes(1) };
        var network = Groups.OneCluster(seed: 14, nodes: 4, options);
        network.Kill("n3");
        network.Run(TimeSpan.FromSeconds(50));
        network.Boot("n4", "east", "n0"); // It hears of n3's death later than the others, and forgets it later.
        network.Run(TimeSpan.FromMinutes(3));
        network.Live.ShouldAllBe(node => network.StateAt(node.Name, "n3") == null);
    }

    [Fact]
    public void More_members_than_the_bound_are_not_learned()
    {
        var network = new SimulatedNetwork(15, new GossipOptions { MembersMax = 4 });
        for (var i = 0; i < 7; i++) network.Boot($"n{i}", "east", "n0");
        network.Run(TimeSpan.FromSeconds(20));
        network.Live.ShouldAllBe(node => node.Core.View(network.Now).Length <= 4);
    }
}
