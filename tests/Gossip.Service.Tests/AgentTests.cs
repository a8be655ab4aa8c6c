using System.Net;
using System.Net.Http.Json;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Gossip.Protocol;

namespace Holdfast.Gossip.Service.Tests;

/// <summary>Real agents over UDP on loopback, each with its own host, in this process.</summary>
public sealed class AgentTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Agents_that_know_one_seed_come_to_know_each_other_and_are_ready()
    {
        await using var group = await AgentGroup.StartAsync(3);
        foreach (var agent in group.Agents)
        {
            await group.Voter.Opened.FirstAsync(
                opened => opened.Generation == agent.Generation && opened.Agent == true, "the node's session");
            var members = await agent.Http.GetFromJsonAsync<List<MemberAnswer>>("/v1/members", Cancel);
            members!.Select(member => member.Node).ShouldBe(["n1", "n2", "n3"]);
            members!.ShouldAllBe(member => member.State == "up" && member.Observers.Count == 2);
            await agent.Bus.FirstAsync<PeerUp>(up => up.Reason == "joined" && up.Generation == agent.Generation);
            await ReadyAsync(agent);
        }
    }

    [Fact]
    public async Task A_killed_agent_is_suspected_then_down_by_its_observers_and_fenced_in_one_trace()
    {
        await using var group = await AgentGroup.StartAsync(4);
        var victim = group.Agents[3];
        var generation = victim.Generation;
        await group.KillAsync(victim);
        foreach (var agent in group.Agents) await agent.UntilStateAsync("n4", PeerState.Down);

        var fence = await group.Voter.Fences.FirstAsync(fence => fence.Request.Node == "n4", "the fence of n4");
        fence.Request.Generation.ShouldBe(generation);
        fence.Request.Cause.ShouldBe("silence");
        fence.Request.SilentFor.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(750));
        var reporter = group.Agents[int.Parse(fence.Request.Reporter[1..]) - 1];
        var (down, traceId) = await reporter.Bus.FirstAsync<PeerDown>(down => down.NodeId == "n4");
        down.Observers.Count.ShouldBeGreaterThanOrEqualTo(2);
        down.ObserversWanted.ShouldBe(2);
        down.Reason.ShouldBe("majority");
        down.Subject.ShouldBe("peer/east/n4");
        down.Sequence.ShouldBe(EventIdentity.Sequence(generation, down.Verdict));
        fence.TraceParent!.Split('-')[1].ShouldBe(traceId);
        var suspicions = group.Agents.SelectMany(agent => agent.Bus.Mail.All).Select(announced => announced.Message)
            .OfType<PeerSuspected>().Where(suspected => suspected.NodeId == "n4").ToList();
        suspicions.ShouldNotBeEmpty();
        suspicions.ShouldAllBe(suspected => suspected.Phi >= suspected.PhiThreshold);
    }

    [Fact]
    public async Task What_an_agent_holds_against_a_peer_can_be_asked()
    {
        await using var group = await AgentGroup.StartAsync(3);
        await group.KillAsync(group.Agents[2]);
        var agent = group.Agents[0];
        await agent.UntilAsync(
            view => view.Peers.Any(peer => peer.Record.Node.Value == "n3" && peer.IsFenced), "n3 is known as fenced");
        var detail = await agent.Http.GetFromJsonAsync<MemberDetailAnswer>("/v1/members/n3", Cancel);
        detail!.Member.State.ShouldBe("down");
        detail.IsFenced.ShouldBeTrue();
        detail.Evidence.Count.ShouldBe(2);
        detail.History.Select(entry => entry.State).ShouldBe(["up", "suspected", "down"]);
        (await agent.Http.GetAsync("/v1/members/nobody", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await agent.Http.GetAsync("/v1/members/no%20name", Cancel)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var snapshot = await agent.Http.GetFromJsonAsync<GossipSnapshot>("/snapshot", Cancel);
        snapshot!.Members.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_agent_told_to_leave_is_left_everywhere_fenced_as_left_and_stays_so()
    {
        await using var group = await AgentGroup.StartAsync(3);
        var leaver = group.Agents[1];
        var request = new LeaveRequest { Reason = "maintenance" };
        var response = await leaver.Http.PostAsJsonAsync("/v1/leave", request, Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var agent in group.Agents) await agent.UntilStateAsync("n2", PeerState.Left);
        var (left, _) = await leaver.Bus.FirstAsync<PeerLeft>(left => left.NodeId == "n2");
        left.Reason.ShouldBe("maintenance");
        var fence = await group.Voter.Fences.FirstAsync(fence => fence.Request.Node == "n2", "the fence of n2");
        (fence.Request.Cause, fence.Request.Reporter).ShouldBe(("left", "n2"));

        // Its later silence changes nothing: n3's death is noticed, n2's is not.
        await group.KillAsync(leaver);
        await group.KillAsync(group.Agents[1]);
        await group.Agents[0].UntilStateAsync("n3", PeerState.Down);
        await group.Agents[0].UntilStateAsync("n2", PeerState.Left);
        group.Agents[0].Bus.Mail.All.Select(announced => announced.Message).OfType<PeerSuspected>()
            .ShouldAllBe(suspected => suspected.NodeId == "n3");
    }

    [Fact]
    public async Task A_leave_needs_no_reason_but_takes_no_novel()
    {
        await using var group = await AgentGroup.StartAsync(1);
        var agent = group.Agents[0];
        var novel = new LeaveRequest { Reason = new string('x', 201) };
        var refused = await agent.Http.PostAsJsonAsync("/v1/leave", novel, Cancel);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        agent.Members.Current.Self!.Record.State.ShouldBe(PeerState.Up);
        var left = await agent.Http.PostAsync("/v1/leave", null, Cancel);
        left.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await left.Content.ReadFromJsonAsync<MemberAnswer>(Cancel))!.State.ShouldBe("left");
    }

    [Fact]
    public async Task An_ordered_stop_announces_a_leave()
    {
        await using var group = await AgentGroup.StartAsync(2, new() { ["Gossip:LeaveOnStop"] = "true" });
        await group.KillAsync(group.Agents[1]);
        await group.Agents[0].UntilStateAsync("n2", PeerState.Left);
        await group.Voter.Fences.FirstAsync(
            fence => fence.Request is { Node: "n2", Cause: "left" }, "the fence of n2 by itself");
    }

    [Fact]
    public async Task An_agent_that_is_started_again_is_up_in_a_higher_generation()
    {
        await using var group = await AgentGroup.StartAsync(3);
        var generation = group.Agents[2].Generation;
        await group.KillAsync(group.Agents[2]);
        await group.Agents[0].UntilStateAsync("n3", PeerState.Down);
        var again = await group.BootAsync("n3");
        await group.UntilWholeAsync(3);
        again.Generation.ShouldBeGreaterThan(generation);
        await again.Bus.FirstAsync<PeerUp>(up => up.NodeId == "n3" && up.Reason == "restarted");
    }

    [Fact]
    public async Task A_node_whose_generation_is_fenced_takes_a_higher_one_and_opens_a_session_under_it()
    {
        await using var group = await AgentGroup.StartAsync(2);
        var agent = group.Agents[0];
        var generation = agent.Generation;
        await group.Voter.Opened.FirstAsync(opened => opened.Generation == generation, "the first session");
        group.Voter.FenceByHand("n1");
        await group.Voter.Opened.FirstAsync(
            opened => opened.Node == "n1" && opened.Generation > generation, "a session of a higher generation");
        agent.Generation.ShouldBe(generation + 1);
        await group.UntilWholeAsync(2);
        await ReadyAsync(agent);
    }

    [Fact]
    public async Task A_fence_that_is_refused_is_asked_for_again_with_the_silence_measured_anew()
    {
        await using var group = await AgentGroup.StartAsync(3);
        group.Voter.RefusesFences = true;
        await group.KillAsync(group.Agents[2]);
        var first = await group.Voter.Fences.FirstAsync(fence => fence.Request.Node == "n3", "the first request");
        var second = await group.Voter.Fences.FirstAsync(
            fence => fence.Request.Reporter == first.Request.Reporter &&
                fence.Request.SilentFor > first.Request.SilentFor,
            "the second request, with a longer silence");
        second.Request.Generation.ShouldBe(first.Request.Generation);
    }

    [Fact]
    public async Task An_event_whose_broker_is_away_is_delivered_later_once()
    {
        await using var group = await AgentGroup.StartAsync(2);
        group.Agents[0].Bus.IsAway = true;
        await group.KillAsync(group.Agents[1]);
        await group.Agents[0].UntilStateAsync("n2", PeerState.Down);

        // The first to be refused is what was owed first, be it what the agent has to say of itself.
        var refused = await group.Agents[0].Bus.Refused.FirstAsync(_ => true, "an attempt to publish");
        group.Agents[0].Bus.IsAway = false;
        await group.Agents[0].Bus.FirstAsync<PeerDown>(down => down.NodeId == "n2");
        var delivered = group.Agents[0].Bus.Mail.All;
        delivered.Count(announced => announced.Message is PeerDown).ShouldBe(1);
        delivered.Count(announced => announced.Message.EventId == refused.EventId).ShouldBe(1);
    }

    [Fact]
    public async Task Without_consensus_an_agent_gossips_and_says_what_it_waits_for()
    {
        await using var group = await AgentGroup.StartAsync(1);
        var agent = await group.BootAsync("n2", voter: "http://127.0.0.1:9");
        await group.UntilWholeAsync(2);
        var ready = await agent.Http.GetAsync("/readyz", Cancel);
        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await ready.Content.ReadAsStringAsync(Cancel)).ShouldContain("session of this node");
    }

    private static async Task ReadyAsync(AgentHost agent)
    {
        // A session opens right after its request was answered, which the voter cannot see.
        await agent.UntilAsync(_ => agent.IsReady, "the agent is ready");
        (await agent.Http.GetAsync("/readyz", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
