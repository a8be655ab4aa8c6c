using System.Diagnostics;
using Holdfast.Client;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

internal static class Fences
{
    public static FenceRequest Of(string node, ulong generation, string cause = "silence") => new()
    {
        Node = node,
        Cluster = "east",
        Generation = generation,
        SilentFor = TimeSpan.FromSeconds(2),
        Cause = cause,
        Reporter = "w1",
        Observers = [new ObserverEvidence { NodeId = "w1", ClusterId = "west", Phi = 9.5, SilentForMs = 2000 }],
    };
}

public sealed class FenceServiceTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Trace = $"00-{TraceId}-b7ad6b7169203331-01";

    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_node_whose_agent_keeps_its_session_alive_is_not_fenced_and_the_link_is_said_to_be_sick()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        var agent = await OpenAsync(group, SessionServiceTests.Request("east", "n1", 7, agent: true));

        FenceAnswer answer;
        do
        {
            await group.Client.KeepAliveAsync(agent, None);
            answer = (await group.Client.FenceAsync(Fences.Of("n1", 7), Trace, None)).Demand();
        }
        while (answer.Outcome == "retry");

        answer.Outcome.ShouldBe("refused");
        answer.KeptAliveAgo!.Value.ShouldBeLessThanOrEqualTo(TimeSpan.FromMilliseconds(750));
        (answer.KeptAliveAgo + answer.RetryAfter).ShouldBe(TimeSpan.FromMilliseconds(750));
        var alarm = await group.Bus.SeeAsync(one => one is LinkDegraded).OrFailAsync("the sick link is announced");
        var link = (LinkDegraded)alarm.Event;
        (link.Subject, link.FromNodeId, link.ToNodeId, link.Generation).ShouldBe(("link/n1/w1", "n1", "w1", 7UL));
        alarm.TraceParent!.ShouldContain(TraceId);
        (await group.Client.FenceAsync(new NodeId("n1"), None)).ShouldBeNull();

        // The agent falls silent: the repeated conviction comes through. A leader that stalled asks for a retry first.
        do answer = (await group.Client.FenceAsync(Fences.Of("n1", 7), Trace, None)).Demand();
        while (answer.Outcome is "refused" or "retry");
        answer.Outcome.ShouldBe("fenced");
        (await group.Client.KeepAliveAsync(agent, None)).Refusal!.Reason
            .ShouldBe(ConsensusRefusalReason.SessionRevoked);
    }

    [Fact]
    public async Task A_leader_too_young_to_know_answers_retry_until_it_can_judge_and_announces_nothing()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        FenceAnswer answer;
        do answer = (await group.Client.FenceAsync(Fences.Of("n1", 7), null, None)).Demand();
        while (answer.Outcome == "retry");
        answer.Outcome.ShouldBe("fenced"); // On the evidence alone: the node never had a session.
        group.Bus.All.ShouldNotContain(one => one.Event is LinkDegraded);
    }

    [Fact]
    public async Task A_fence_carries_the_trace_of_the_conviction_into_the_log_the_answer_and_the_event()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        await OpenAsync(group, SessionServiceTests.Request("west", "w1", 1, agent: true));
        await OpenAsync(group, SessionServiceTests.Request("east", "n1", 7));

        var fence = (await group.Client.FenceAsync(Fences.Of("n1", 7, "operator"), Trace, None)).Demand();

        fence.Outcome.ShouldBe("fenced");
        fence.TraceParent!.ShouldContain(TraceId);
        fence.LiveClusters.ShouldBe(["west"]);
        var published = await group.Bus.SeeAsync(one => one is PeerFenced).OrFailAsync("the fence is announced");
        var announced = (PeerFenced)published.Event;
        published.TraceParent.ShouldBe(fence.TraceParent);
        (announced.Subject, announced.Generation, announced.Token, announced.RevokedSessions)
            .ShouldBe(("peer/east/n1", 7UL, fence.Token, 1));
        announced.Observers.ShouldHaveSingleItem().Phi.ShouldBe(9.5);
        announced.LiveClusters.ShouldBe(["west"]);

        var again = (await group.Client.FenceAsync(Fences.Of("n1", 6, "left"), null, None)).Demand();
        (again.Token, again.TraceParent, again.Cause).ShouldBe((fence.Token, fence.TraceParent, "operator"));
        var node = (await group.Client.SnapshotAsync(None)).Nodes.Single(node => node.Node == "n1");
        (node.Live, node.Generation, node.Fence!.Token).ShouldBe((false, 7UL, fence.Token));
    }

    [Fact]
    public async Task What_a_revoked_session_holds_is_granted_again_only_when_its_time_to_live_has_run_out()
    {
        var ttl = TimeSpan.FromSeconds(2);
        await using var group = await ConsensusGroup.StartAsync(1);
        var owner = await OpenAsync(group, SessionServiceTests.Request("east", "n1", 7) with { Ttl = ttl });
        var heir = await OpenAsync(group, SessionServiceTests.Request("west") with { Ttl = TimeSpan.FromMinutes(1) });
        var election = new ElectionName("failover/east");
        await group.Client.CampaignAsync(election, owner, None);
        await group.Client.CampaignAsync(election, heir, None);
        var lastSent = Stopwatch.GetTimestamp();
        (await group.Client.KeepAliveAsync(owner, None)).Demand();

        await group.Client.FenceAsync(Fences.Of("n1", 7, "operator"), Trace, None);

        (await group.Client.AdvanceElectionAsync(election, owner, None)).Refusal!.Reason
            .ShouldBe(ConsensusRefusalReason.SessionRevoked);
        var granted = await group.Bus.SeeAsync(one => one is LeaderElected elected && elected.Holder == heir.ToString())
            .OrFailAsync("the heir is announced as leader");
        Stopwatch.GetElapsedTime(lastSent).ShouldBeGreaterThan(ttl);
        granted.TraceParent!.ShouldContain(TraceId);
        group.Bus.All.Select(one => one.Event).OfType<LeaderLost>().ShouldContain(lost => lost.Cause == "revoked");
    }

    private static async Task<SessionId> OpenAsync(ConsensusGroup group, OpenSessionRequest request) =>
        SessionId.Parse((await group.Client.OpenSessionAsync(request, None)).Demand().Session);
}
