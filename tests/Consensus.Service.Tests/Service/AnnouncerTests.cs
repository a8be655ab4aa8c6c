using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Contracts;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

public sealed class AnnouncerTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task What_was_owed_through_an_outage_and_a_change_of_leader_arrives_complete_and_in_order()
    {
        await using var group = await ConsensusGroup.StartAsync(3, ConsensusGroup.Calm);
        await group.Bus.SeeAsync(one => one is LeaderElected).OrFailAsync("the first leader is announced");
        group.Bus.Away = true;
        var request = SessionServiceTests.Request("east") with { Ttl = TimeSpan.FromMinutes(1) };
        var session = SessionId.Parse((await group.Client.OpenSessionAsync(request, None)).Demand().Session);
        for (var i = 0; i < 5; i++) await group.Client.CampaignAsync(new ElectionName($"e/{i}"), session, None);
        var leader = await group.LeaderAsync();
        await group.StopAsync(leader);
        for (var i = 5; i < 10; i++) await group.Client.CampaignAsync(new ElectionName($"e/{i}"), session, None);
        await group.Client.FenceAsync(Fences.Of("n1", 7, "operator"), null, None);

        group.Bus.Away = false;
        await group.Bus.SeeAsync(one => one is PeerFenced).OrFailAsync("the last event owed arrives");

        // Alerts come beside the log, in an order of their own.
        var order = group.Bus.All.Select(one => one.Event).Where(one => one is not ConsensusAlert)
            .DistinctBy(one => one.EventId).ToList();
        order.Select(one => one.Sequence).ShouldBeInOrder(SortDirection.Ascending, StringComparer.Ordinal);
        order.OfType<LeaderElected>().Where(one => one.Election != "consensus").Select(one => one.Election)
            .ShouldBe(Enumerable.Range(0, 10).Select(i => $"e/{i}"));
        order.OfType<LeaderLost>().ShouldHaveSingleItem().Holder.ShouldBe(leader);
        order[^1].ShouldBeOfType<PeerFenced>();
    }

    [Fact]
    public async Task The_end_of_a_session_with_many_elections_is_announced_whole_and_recorded()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        var request = SessionServiceTests.Request("east") with { Ttl = TimeSpan.FromMinutes(1) };
        var session = SessionId.Parse((await group.Client.OpenSessionAsync(request, None)).Demand().Session);
        string[] elections = [.. Enumerable.Range(0, 70).Select(i => $"e/{i:00}")];
        await Task.WhenAll(elections.Select(name =>
            group.Client.CampaignAsync(new ElectionName(name), session, None)));
        await group.Client.CloseSessionAsync(session, None);
        await group.Client.FenceAsync(Fences.Of("n1", 7, "operator"), null, None);

        await group.Bus.SeeAsync(one => one is PeerFenced).OrFailAsync("what came after the end is announced");

        group.Bus.All.Select(one => one.Event).OfType<LeaderLost>().Select(one => one.Election).ShouldBe(elections);
    }

    [Fact]
    public async Task What_was_announced_is_not_announced_again_after_a_restart()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        await group.Client.FenceAsync(Fences.Of("n1", 7, "operator"), null, None);
        await group.Bus.SeeAsync(one => one is PeerFenced).OrFailAsync("the fence is announced");
        await group.Client.FenceAsync(Fences.Of("n2", 7, "operator"), null, None);
        await group.Bus.SeeAsync(one => one is PeerFenced { NodeId: "n2" })
            .OrFailAsync("the second fence is announced");
        await group.Client.FenceAsync(Fences.Of("n3", 7, "operator"), null, None);
        await group.Bus.SeeAsync(one => one is PeerFenced { NodeId: "n3" }).OrFailAsync("the third fence is announced");

        await group.StopAsync("v1");
        await group.StartAsync("v1");
        await group.Bus.SeeAsync(one => one is LeaderElected { PreviousHolder: "v1" })
            .OrFailAsync("the next term is announced");

        // That n1 was announced was an entry before n3 was; only the last record may have been cut off.
        group.Bus.All.Count(one => one.Event is PeerFenced { NodeId: "n1" }).ShouldBe(1);
    }
}
