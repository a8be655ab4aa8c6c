using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>What a leader does ends before it gives its place up.</summary>
public sealed class LeaderDutiesTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Duties_have_ended_before_leadership_is_handed_on_and_begin_at_the_next_leader()
    {
        await using var group = await ConsensusGroup.StartAsync(3, ConsensusGroup.Calm);
        var first = await group.LeaderAsync();
        var second = group.Names.First(name => name != first);
        var session = (await group.Client.OpenSessionAsync(SessionServiceTests.Request("east"), None)).Demand();
        var held = group.Bus.HoldFrom(first);
        (await group.Client.CampaignAsync(
            new ElectionName("a"), SessionId.Parse(session.Session), None)).Demand();
        await held.Begun.OrFailAsync("the first leader announces");

        var moving = group.Client.TransferLeadershipAsync(new NodeId(second), None);
        await held.Cancelled.OrFailAsync("the duty is told to end");
        var status = await group.Client.StatusAsync(None, new Uri(group.AddressOf(first)));
        (status.Role, moving.IsCompleted).ShouldBe(("leader", false), "The duty has not ended yet.");

        held.End();
        (await moving.OrFailAsync("leadership is handed on")).Demand().Leader.ShouldBe(second);
        await group.Bus.SeeAsync(one => one is LeaderElected { Election: "a" } && one.Source == $"consensus/{second}")
            .OrFailAsync("the next leader announces what the first did not");
        held.Begins.ShouldBe(1, "The first leader began nothing more.");
    }

    [Fact]
    public async Task A_leader_that_could_not_hand_over_goes_on_with_its_duties()
    {
        await using var group = await ConsensusGroup.StartAsync(3, ConsensusGroup.Calm);
        var first = await group.LeaderAsync();
        var refusal = (await group.Client.TransferLeadershipAsync(new NodeId("v9"), None)).Refusal!;
        refusal.Code.ShouldBe(ProblemCodes.InvalidRequest);

        var session = (await group.Client.OpenSessionAsync(SessionServiceTests.Request("east"), None)).Demand();
        (await group.Client.CampaignAsync(
            new ElectionName("b"), SessionId.Parse(session.Session), None)).Demand();
        await group.Bus.SeeAsync(static one => one is LeaderElected { Election: "b" })
            .OrFailAsync("the leader announces");
        (await group.Client.KeepAliveAsync(SessionId.Parse(session.Session), None)).Demand().Session
            .ShouldBe(session.Session);
        (await group.LeaderAsync()).ShouldBe(first);
    }
}
