using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

public sealed class TransferServiceTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task An_operator_moves_leadership_and_a_leader_that_stops_hands_it_over()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var first = await group.LeaderAsync();
        var second = group.Names.First(name => name != first);

        var moved = (await group.Client.TransferLeadershipAsync(new NodeId(second), None)).Demand();
        moved.ShouldBe(new TransferAnswer { Leader = second, LeaderAddress = group.AddressOf(second) });
        var repeated = (await group.Client.TransferLeadershipAsync(new NodeId(second), None)).Demand();
        repeated.ShouldBe(moved);
        (await group.Client.StatusAsync(None, new Uri(group.AddressOf(second)))).Role.ShouldBe("leader");

        var opened = (await group.Client.OpenSessionAsync(SessionServiceTests.Request("east"), None)).Demand();
        await group.StopAsync(second);
        var kept = await group.Client.KeepAliveAsync(SessionId.Parse(opened.Session), None);
        kept.Demand().Session.ShouldBe(opened.Session);
    }

    [Fact]
    public async Task A_wish_for_any_other_leader_that_is_repeated_acts_once()
    {
        await using var group = await ConsensusGroup.StartAsync(
            3, ("Consensus:ElectionTimeoutMin", "00:00:04"), ("Consensus:ElectionTimeoutMax", "00:00:06"));
        var first = await group.LeaderAsync();
        var term = (await group.Client.StatusAsync(None, new Uri(group.AddressOf(first)))).Term;
        var wish = new TransferRequest { FromTerm = term };

        var second = await MoveAsync(group, first, wish);
        second.ShouldNotBe(first);
        var after = await group.Client.StatusAsync(None, new Uri(group.AddressOf(second)));
        (await MoveAsync(group, second, wish)).ShouldBe(second, "It leads a later term, so the wish came true.");
        var still = await group.Client.StatusAsync(None, new Uri(group.AddressOf(second)));
        (still.Role, still.Term).ShouldBe(("leader", after.Term));

        using var early = await group.Http.PostAsJsonAsync(
            group.Url(second, ConsensusRoutes.Transfer), new TransferRequest { FromTerm = after.Term + 1 }, None);
        early.StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest, "Somebody leads a later term.");

        (await group.Client.TransferLeadershipAsync(to: null, None)).Demand().Leader.ShouldNotBe(second);
    }

    [Fact]
    public async Task A_stranger_is_refused_and_a_follower_names_the_leader()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var leader = await group.LeaderAsync();
        var follower = group.Names.First(name => name != leader);

        var refused = (await group.Client.TransferLeadershipAsync(new NodeId("v9"), None)).Refusal!;
        (refused.Status, refused.Code).ShouldBe((400, ProblemCodes.InvalidRequest));
        refused.Detail.ShouldBe("to is 'v9', which is no voter.");

        using var response = await group.Http.PostAsJsonAsync(
            group.Url(follower, ConsensusRoutes.Transfer), new TransferRequest(), None);
        response.StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(None);
        problem.GetProperty("leader").GetString().ShouldBe(group.AddressOf(leader));
    }

    private static async Task<string> MoveAsync(ConsensusGroup group, string at, TransferRequest wish)
    {
        using var answer = await group.Http.PostAsJsonAsync(group.Url(at, ConsensusRoutes.Transfer), wish, None);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await answer.Content.ReadFromJsonAsync<TransferAnswer>(None))!.Leader;
    }
}
