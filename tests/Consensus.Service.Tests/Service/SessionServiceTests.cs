using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

public sealed class SessionServiceTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_session_is_opened_kept_alive_advanced_and_closed()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        var opened = (await group.Client.OpenSessionAsync(Request("east", "n1", 7, agent: true), None)).Demand();
        var id = SessionId.Parse(opened.Session);
        opened.Token.ShouldBe(opened.Session);
        opened.State.ShouldBe("live");

        (await group.Client.KeepAliveAsync(id, None)).Demand().Session.ShouldBe(opened.Session);
        var advanced = (await group.Client.AdvanceSessionAsync(id, None)).Demand();
        Token.Parse(advanced.Token).ShouldBeGreaterThan(id.Opened);
        (await group.Client.SessionsAsync(None)).ShouldHaveSingleItem().ShouldBe(advanced);
        (await group.Client.TokenAsync(id.Opened, None)).ShouldBe(
            new TokenAnswer { Token = opened.Token, Session = opened.Session, Newest = false, SessionAlive = true });

        (await group.Client.CloseSessionAsync(id, None)).ShouldBeNull();
        (await group.Client.KeepAliveAsync(id, None)).Refusal!.Reason.ShouldBe(ConsensusRefusalReason.SessionEnded);
        (await group.Client.SessionAsync(id, None))!.State.ShouldBe("ended");
        (await group.Client.SessionsAsync(None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_that_is_not_kept_alive_ends_and_its_election_goes_to_the_next()
    {
        await using var group = await ConsensusGroup.StartAsync(1);

        // Long enough for what is asked before it ends, on a noisy machine, too.
        var first = await OpenAsync(group, "east", ttl: TimeSpan.FromSeconds(3));
        var second = await OpenAsync(group, "west", ttl: TimeSpan.FromMinutes(1));
        var election = new ElectionName("failover/east");
        var held = (await group.Client.CampaignAsync(election, first, None)).Demand();
        held.Holder.ShouldBe(first.ToString());
        (await group.Client.CampaignAsync(election, second, None)).Demand().Queue.ShouldBe([second.ToString()]);

        var lost = (LeaderLost)(await group.Bus.SeeAsync(one => one is LeaderLost { Election: "failover/east" })
            .OrFailAsync("the first session's leadership is announced as lost")).Event;
        lost.Cause.ShouldBe("expired");
        lost.Token.ShouldBe(held.Token);
        var won = (LeaderElected)(await group.Bus.SeeAsync(
            one => one is LeaderElected elected && elected.Holder == second.ToString())
            .OrFailAsync("the second session is announced as leader")).Event;
        (won.PreviousHolder, won.PreviousToken, won.Cause).ShouldBe((first.ToString(), held.Token, "queue"));
        string.CompareOrdinal(won.Sequence, lost.Sequence).ShouldBePositive();
        (await group.Client.ElectionAsync(election, None))!.Token.ShouldBe(won.Token);
    }

    [Fact]
    public async Task A_follower_reads_by_itself_points_to_the_leader_for_the_rest_and_a_client_follows()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var leader = await group.LeaderAsync();
        var session = await OpenAsync(group, "east");
        var follower = group.Names.First(name => name != leader);

        // What was just acknowledged by the leader is there, although nobody waited for this voter to apply it.
        var url = group.Url(follower, $"/v1/sessions/{session}");
        (await group.Http.GetFromJsonAsync<SessionAnswer>(url))!.Session.ShouldBe(session.ToString());
        foreach (var path in (string[])["/v1/elections/x", "/v1/fences/n1"])
        {
            using var read = await group.Http.GetAsync(group.Url(follower, path));
            read.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        using var closed = await group.Http.DeleteAsync(url);
        closed.StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
        var problem = await closed.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("code").GetString().ShouldBe(ProblemCodes.NotLeader);
        problem.GetProperty("leader").GetString().ShouldBe(group.AddressOf(leader));
        using var kept = await group.Http.PostAsync(group.Url(follower, $"/v1/sessions/{session}/keepalive"), null);
        kept.StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
        using var client = group.ClientOf(follower, leader);
        (await client.KeepAliveAsync(session, None)).Demand().State.ShouldBe("live");
    }

    [Fact]
    public async Task Without_a_majority_no_keep_alive_is_acknowledged()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var session = await OpenAsync(group, "east", ttl: TimeSpan.FromMinutes(1));
        var leader = await group.LeaderAsync();
        foreach (var other in group.Names.Where(name => name != leader).ToList()) await group.StopAsync(other);

        for (var i = 0; i < 3; i++)
        {
            using var answer = await group.Http.PostAsync(group.Url(leader, $"/v1/sessions/{session}/keepalive"), null);
            answer.StatusCode.ShouldBeOneOf(HttpStatusCode.MisdirectedRequest, HttpStatusCode.ServiceUnavailable);
        }
    }

    [Fact]
    public async Task A_new_leader_knows_the_sessions_and_gives_them_their_full_time()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var session = await OpenAsync(group, "east", ttl: TimeSpan.FromSeconds(10));
        var leader = await group.LeaderAsync();
        await group.StopAsync(leader);

        (await group.Client.KeepAliveAsync(session, None)).Demand().State.ShouldBe("live");
        (await group.LeaderAsync()).ShouldNotBe(leader);
        await group.Bus.SeeAsync(
            one => one is LeaderElected { Election: "consensus" } won && won.PreviousHolder == leader)
            .OrFailAsync("the new leader of Raft is announced");
        var consensus = (await group.Client.ElectionAsync(new ElectionName("consensus"), None))!;
        await group.Bus.SeeAsync(one => one is LeaderElected won && won.Token == consensus.Token)
            .OrFailAsync("the leader that the log names is announced");
        group.Bus.All.ShouldContain(one => one.Event is LeaderLost &&
            ((LeaderLost)one.Event).Holder == leader && ((LeaderLost)one.Event).Cause == "steppedDown");
    }

    [Fact]
    public async Task A_restart_keeps_sessions_elections_fences_and_definitions()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        var session = await OpenAsync(group, "east", ttl: TimeSpan.FromMinutes(1));
        var election = new ElectionName("failover/east");
        await group.Client.CampaignAsync(election, session, None);
        var advanced = (await group.Client.AdvanceElectionAsync(election, session, None)).Demand();
        (await group.Client.PutDefinitionAsync("directory", """{"shards":64}""", None)).Demand();
        var fence = (await group.Client.FenceAsync(Fences.Of("n1", 5, "operator"), null, None)).Demand();

        await group.StopAsync("v1");
        await group.StartAsync("v1");

        (await group.Client.SessionAsync(session, None))!.State.ShouldBe("live");
        (await group.Client.ElectionAsync(election, None))!.Token.ShouldBe(advanced.Token);
        (await group.Client.DefinitionAsync("directory", None))!.Value.ShouldBe("""{"shards":64}""");
        (await group.Client.FenceAsync(new NodeId("n1"), None))!.Token.ShouldBe(fence.Token);
        (await group.Client.OpenSessionAsync(Request("east", "n1", 5), None)).Refusal!.Reason
            .ShouldBe(ConsensusRefusalReason.NodeFenced);
    }

    internal static OpenSessionRequest Request(
        string cluster, string? node = null, ulong? generation = null, bool agent = false) => new()
        {
            Cluster = cluster,
            Node = node,
            Generation = generation,
            Ttl = TimeSpan.FromSeconds(5),
            Agent = agent,
        };

    private static async Task<SessionId> OpenAsync(ConsensusGroup group, string cluster, TimeSpan? ttl = null)
    {
        var request = Request(cluster) with { Ttl = ttl ?? TimeSpan.FromSeconds(5) };
        return SessionId.Parse((await group.Client.OpenSessionAsync(request, None)).Demand().Session);
    }
}
