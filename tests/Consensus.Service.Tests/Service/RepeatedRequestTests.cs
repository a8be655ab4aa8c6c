using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>Requests whose answer was lost, over HTTP.</summary>
[Collection("voters on loopback")]
public sealed class RepeatedRequestTests
{
    private static readonly OpenSessionRequest East = new() { Cluster = "east", Ttl = TimeSpan.FromMinutes(5) };
    private static readonly ElectionName Election = new("x");
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_repeat_at_the_next_leader_is_told_the_first_answer_and_does_nothing()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var session = (await group.Client.OpenSessionAsync(East, None)).Demand().Session;
        var leader = await group.LeaderAsync();
        var first = await AdvanceAsync(group, leader, session, 7);
        first.Repeated.ShouldBeFalse();

        await group.StopAsync(leader);
        var repeat = await AdvanceAsync(group, await group.LeaderAsync(), session, 7);

        repeat.ShouldBe((first.Token, true));
        (await group.Client.SessionAsync(SessionId.Parse(session), None))!.Token.ShouldBe(first.Token);
        (await AdvanceAsync(group, await group.LeaderAsync(), session, 8)).Repeated.ShouldBeFalse();
    }

    [Fact]
    public async Task A_client_whose_every_answer_is_lost_once_does_everything_once()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        using var losing = new LosingHandler();
        using var client = new ConsensusClient(
            new ConsensusClientOptions
            {
                Endpoints = [group.AddressOf("v1")],
                Deadline = TimeSpan.FromSeconds(30),
                AttemptDeadline = TimeSpan.FromSeconds(30),
            },
            losing);

        var opened = (await client.OpenSessionAsync(East, None)).Demand();
        var session = SessionId.Parse(opened.Session);
        var advanced = (await client.AdvanceSessionAsync(session, None)).Demand();
        var campaigned = (await client.CampaignAsync(Election, session, None)).Demand();
        var held = (await client.AdvanceElectionAsync(Election, session, None)).Demand();
        var put = (await client.PutDefinitionAsync("k", "{}", None, onlyIfAbsent: true, by: session)).Demand();
        (await client.ResignAsync(Election, session, None)).Demand().Holder.ShouldBeNull();
        (await client.SessionsAsync(None)).ShouldHaveSingleItem().Token.ShouldBe(advanced.Token);
        (await client.ElectionAsync(Election, None))!.Token.ShouldBe(held.Token);
        (await client.DefinitionAsync("k", None)).ShouldBe(put);
        (await client.CloseSessionAsync(session, None)).ShouldBeNull();

        campaigned.Holder.ShouldBe(opened.Session);
        losing.Repeated.ShouldBe(7);
    }

    [Theory]
    [InlineData("advance", "7", "a session and a number are wanted")]
    [InlineData("advance", "x/7", "16 hex digits")]
    [InlineData("advance", "0001000000ffffff/7", "another one acts")]
    [InlineData("advance", "{0}/0", "numbers are from 1")]
    [InlineData("advance", "{0}/-1", "numbers are from 1")]
    [InlineData("advance", "{0}/9223372036854775808", "numbers are from 1 to 9223372036854775807")]
    [InlineData("open", "{0}/7", "marked by a number")]
    [InlineData("open", "seven", "numbers are from 1")]
    public async Task A_mark_that_is_none_is_refused_with_what_is_legal(string act, string mark, string detail)
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        var session = (await group.Client.OpenSessionAsync(East, None)).Demand().Session;
        using var request = act == "open" ? Open() : Advance(group, "v1", session);
        request.Headers.Add(ConsensusRoutes.RequestHeader, string.Format(null, CompositeFormat.Parse(mark), session));

        using var response = await group.Http.SendAsync(request, None);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("code").GetString().ShouldBe(ProblemCodes.InvalidRequest);
        problem.GetProperty("detail").GetString()!.ShouldContain(detail);
        (await group.Client.SessionsAsync(None)).ShouldHaveSingleItem().Token.ShouldBe(session);

        HttpRequestMessage Open() => new(HttpMethod.Post, group.Url("v1", ConsensusRoutes.Sessions))
        {
            Content = JsonContent.Create(East),
        };
    }

    [Fact]
    public async Task A_mark_of_another_request_and_one_that_is_forgotten_are_refused_by_name()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        var session = (await group.Client.OpenSessionAsync(East, None)).Demand().Session;
        for (var number = 1UL; number <= 33; number++) await AdvanceAsync(group, "v1", session, number);

        (await CodeAsync(Advance(group, "v1", session), 1)).ShouldBe(ProblemCodes.RequestForgotten);
        var campaign = new HttpRequestMessage(HttpMethod.Post, group.Url("v1", ConsensusRoutes.Campaign("x")))
        {
            Content = JsonContent.Create(new CampaignRequest { Session = session }),
        };
        (await CodeAsync(campaign, 33)).ShouldBe(ProblemCodes.RequestReused);
        (await group.Client.ElectionAsync(Election, None)).ShouldBeNull();

        async Task<string?> CodeAsync(HttpRequestMessage request, ulong number)
        {
            using (request)
            {
                request.Headers.Add(ConsensusRoutes.RequestHeader, $"{session}/{number}");
                using var response = await group.Http.SendAsync(request, None);
                response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
                return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();
            }
        }
    }

    [Fact]
    public async Task Requests_are_marked_in_the_log_only_once_every_voter_was_found_to_read_it()
    {
        await using var group = await ConsensusGroup.StartAsync(3, ConsensusGroup.Calm);
        var first = await group.LeaderAsync();
        var away = group.Names.First(name => name != first);
        await group.StopAsync(away);
        var leader = await group.LeaderAsync();

        // Who is away may come back as an older program, which could not read a marked entry.
        var session = (await group.Client.OpenSessionAsync(East, None)).Demand().Session;
        var once = await AdvanceAsync(group, leader, session, 1);
        (await AdvanceAsync(group, leader, session, 1)).Token.ShouldNotBe(once.Token);

        await group.StartAsync(away);
        await RepeatedAsync().OrFailAsync("a repeat is known as one, once all voters are there");

        // What the log says stays, whoever is away.
        await group.StopAsync(away);
        (await AdvanceAsync(group, leader, session, 1)).Repeated.ShouldBeTrue();

        async Task RepeatedAsync()
        {
            while (!(await AdvanceAsync(group, leader, session, 1)).Repeated)
            {
                // Each is a change of its own until the voter is connected.
            }
        }
    }

    private static HttpRequestMessage Advance(ConsensusGroup group, string voter, string session) =>
        new(HttpMethod.Post, group.Url(voter, ConsensusRoutes.AdvanceSession(session)));

    private static async Task<(string Token, bool Repeated)> AdvanceAsync(
        ConsensusGroup group, string voter, string session, ulong number)
    {
        using var request = Advance(group, voter, session);
        request.Headers.Add(ConsensusRoutes.RequestHeader, $"{session}/{number}");
        using var response = await group.Http.SendAsync(request, None);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        var answer = (await response.Content.ReadFromJsonAsync<SessionAnswer>())!;
        return (answer.Token, IsRepeated(response));
    }

    private static bool IsRepeated(HttpResponseMessage response) =>
        response.Headers.TryGetValues(ConsensusRoutes.RequestHeader, out var values) &&
        values.Single() == ConsensusRoutes.RequestRepeated;

    /// <summary>The network after the voter: the first answer to each change is lost.</summary>
    private sealed class LosingHandler() : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly HashSet<string> _lost = new(StringComparer.Ordinal);

        public int Repeated { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (IsRepeated(response)) Repeated++;
            if (request.Method == HttpMethod.Get) return response;
            var mark = request.Headers.GetValues(ConsensusRoutes.RequestHeader).Single();
            if (!_lost.Add(mark)) return response;
            response.Dispose();
            throw new HttpRequestException("The answer is lost.");
        }
    }
}
