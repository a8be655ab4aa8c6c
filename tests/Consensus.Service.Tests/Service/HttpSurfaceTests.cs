using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Http;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>One voter for all: nothing here changes what another test sees.</summary>
public sealed class SingleVoter : IAsyncLifetime
{
    internal ConsensusGroup Group { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Group = await ConsensusGroup.StartAsync(1);

    public ValueTask DisposeAsync() => Group.DisposeAsync();
}

public sealed class HttpSurfaceTests(SingleVoter voter) : IClassFixture<SingleVoter>
{
    private const string Session = """{"cluster":"east","node":"n1","generation":7,"ttl":"00:00:05"}""";
    private const string Fence = """
        {"node":"n1","cluster":"east","generation":7,"silentFor":"00:00:02","cause":"silence",
        "reporter":"w1","observers":[]}
        """;

    private const string NoSession = """{"session":"0001000000ffffff"}""";
    private const string Homeless = """{"cluster":"east","node":"n1","ttl":"00:00:05"}""";
    private const string HomelessAgent = """{"cluster":"east","ttl":"00:00:05","agent":true}""";
    private const string TwoLines = """{"cluster":"east","ttl":"00:00:05","name":"a\nb"}""";
    private const string Causes = "silence, processDeath, left, operator";
    private const string Lost = """{"shard":7,"gen":"g1","seq":9,"run":"r2"}""";
    private const string Operations = "campaign, resign or advance";

    private static readonly CancellationToken None = CancellationToken.None;

    public static TheoryData<string, string, string?, int, string, string> BadRequests => new()
    {
        { "POST", "/v1/sessions", "{", 400, "invalidRequest", "" },
        { "POST", "/v1/sessions", "", 400, "invalidRequest", "" },
        { "POST", "/v1/sessions", "[]", 400, "invalidRequest", "" },
        { "POST", "/v1/sessions", Session.Replace("ttl", "tttl"), 400, "invalidRequest", "tttl" },
        { "POST", "/v1/sessions", Session.Replace("\"east\"", "null"), 400, "invalidRequest", "A-Z a-z 0-9" },
        { "POST", "/v1/sessions", Session.Replace("east", "e/st"), 400, "invalidRequest", "A-Z a-z 0-9" },
        { "POST", "/v1/sessions", Session.Replace("7", "0"), 400, "invalidRequest", "rises with every boot" },
        { "POST", "/v1/sessions", Session.Replace("7", "-1"), 400, "invalidRequest", "" },
        { "POST", "/v1/sessions", Session.Replace("05", "00"), 400, "invalidRequest", "00:00:00.5000000 to 00:10:00" },
        { "POST", "/v1/sessions", Homeless, 400, "invalidRequest", "come together" },
        { "POST", "/v1/sessions", HomelessAgent, 400, "invalidRequest", "agent" },
        { "POST", "/v1/sessions", TwoLines, 400, "invalidRequest", "control" },
        { "GET", "/v1/sessions/zz", null, 400, "invalidRequest", "16 hex digits" },
        { "GET", "/v1/sessions/0001000000ffffff", null, 404, "sessionUnknown", "" },
        { "POST", "/v1/sessions/0001000000ffffff/keepalive", null, 404, "sessionUnknown", "open a new one" },
        { "POST", "/v1/sessions/0001000000ffffff/advance", null, 404, "sessionUnknown", "" },
        { "DELETE", "/v1/sessions/0001000000ffffff", null, 404, "sessionUnknown", "" },
        { "POST", "/v1/elections/a%2Fb/campaign", NoSession, 404, "sessionUnknown", "" },
        { "POST", "/v1/elections/a%2Fb/campaign", """{"session":"x"}""", 400, "invalidRequest", "16 hex digits" },
        { "POST", "/v1/elections/a%2Fb/campaign", "{}", 400, "invalidRequest", "session" },
        { "POST", "/v1/elections/a%2Fb/campaign", """{"session":null}""", 400, "invalidRequest", "16 hex digits" },
        { "POST", "/v1/elections/a%2Fb/campaign", "", 400, "invalidRequest", "" },
        { "POST", "/v1/elections/a%20b/campaign", NoSession, 400, "invalidRequest", "joined by '/'" },
        { "POST", "/v1/elections/consensus/campaign", NoSession, 400, "invalidRequest", "Raft" },
        { "POST", "/v1/elections/a/reign", NoSession, 404, "notFound", Operations },
        { "GET", "/v1/elections/nobody%2Fcares", null, 404, "notFound", "" },
        { "GET", "/v1/elections/a/tokens/0001000000ffffff", null, 404, "notFound", "" },
        { "GET", "/v1/tokens/0001000000ffffff", null, 404, "notFound", "" },
        { "GET", "/v1/tokens/1", null, 400, "invalidRequest", "16 hex digits" },
        { "POST", "/v1/fence", Fence.Replace("silence", "boredom"), 400, "invalidRequest", Causes },
        { "POST", "/v1/fence", Fence.Replace("[]", "null"), 400, "invalidRequest", "observers" },
        { "POST", "/v1/fence", Fence.Replace("[]", "[null]"), 400, "invalidRequest", "observers" },
        { "POST", "/v1/fence", Fence.Replace("00:00:02", "-00:00:02"), 400, "invalidRequest", "silentFor" },
        { "POST", "/v1/fence", Fence.Replace("w1", ""), 400, "invalidRequest", "reporter" },
        { "POST", "/v1/directory-lost", Lost.Replace("7", "256"), 400, "invalidRequest", "0 to 255" },
        { "POST", "/v1/directory-lost", Lost.Replace("7", "-1"), 400, "invalidRequest", "0 to 255" },
        { "POST", "/v1/directory-lost", Lost.Replace("g1", ""), 400, "invalidRequest", "gen must be" },
        { "POST", "/v1/directory-lost", Lost.Replace("\"g1\"", "null"), 400, "invalidRequest", "null" },
        { "POST", "/v1/directory-lost", Lost.Replace("\"r2\"", "null"), 400, "invalidRequest", "null" },
        { "POST", "/v1/directory-lost", Lost.Replace("g1", "g/1"), 400, "invalidRequest", "gen must be" },
        { "POST", "/v1/directory-lost", Lost.Replace("r2", new string('r', 65)), 400, "invalidRequest", "run must be" },
        { "POST", "/v1/directory-lost", Lost.Replace("9", "-9"), 400, "invalidRequest", "" },
        { "POST", "/v1/directory-lost", Lost.Replace("\"seq\":9,", ""), 400, "invalidRequest", "seq" },
        { "POST", "/v1/directory-lost", LostBy("no"), 400, "invalidRequest", "gen, run, seq" },
        { "POST", "/v1/directory-lost", new string(' ', 4_096) + Lost, 413, "tooLarge", "larger than the 4096 bytes" },
        { "GET", "/v1/fences/n77", null, 404, "notFound", "never fenced" },
        { "GET", "/v1/fences/n%2077", null, 400, "invalidRequest", "A-Z a-z 0-9" },
        { "PUT", "/v1/definitions/a", "{", 400, "invalidRequest", "JSON payload" },
        { "PUT", "/v1/definitions/a..%2F", "{}", 400, "invalidRequest", "joined by '/'" },
        { "GET", "/v1/definitions/none", null, 404, "notFound", "" },
        { "DELETE", "/v1/definitions/none", null, 404, "notFound", "" },
        { "PATCH", "/v1/sessions", null, 405, "methodNotAllowed", "" },
        { "GET", "/v1/nothing", null, 404, "notFound", "" },
    };

    private static string LostBy(string evidence) => Lost.Replace("}", $",\"evidence\":\"{evidence}\"}}");

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task A_bad_request_is_told_what_is_legal(
        string method, string path, string? body, int status, string code, string detail)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), voter.Group.Url("v1", path));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await voter.Group.Http.SendAsync(request, None);

        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        ((int)response.StatusCode).ShouldBe(status, problem.ToString());
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("detail").GetString()!.ShouldContain(detail);
    }

    [Fact]
    public async Task Too_large_a_definition_is_refused_and_the_largest_is_kept()
    {
        var client = voter.Group.Client;
        var largest = $"\"{new string('x', CoordinationLimits.DefinitionBytesMax - 2)}\"";

        (await client.PutDefinitionAsync("large", largest, None)).Demand().Value.Length.ShouldBe(largest.Length);
        var refused = (await client.PutDefinitionAsync("large", largest + " ", None)).Refusal!;
        (refused.Status, refused.Code).ShouldBe((413, ProblemCodes.TooLarge));
        refused.Detail.ShouldBe("A definition has at most 65536 bytes.");
    }

    [Fact]
    public async Task A_definition_is_put_only_if_absent_read_and_deleted()
    {
        var client = voter.Group.Client;
        var put = (await client.PutDefinitionAsync("graintype/order", "{\"a\": 1}", None, onlyIfAbsent: true)).Demand();
        (await client.PutDefinitionAsync("graintype/order", "{}", None, onlyIfAbsent: true)).Refusal!.Code
            .ShouldBe(ProblemCodes.AlreadyExists);

        (await client.DefinitionAsync("graintype/order", None)).ShouldBe(put);
        (await client.SnapshotAsync(None)).Definitions.ShouldContain(put);
        var url = voter.Group.Url("v1", "/v1/definitions/graintype%2Forder");
        using var deleted = await voter.Group.Http.DeleteAsync(url, None);
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.DefinitionAsync("graintype/order", None)).ShouldBeNull();
    }

    [Fact]
    public async Task An_election_is_found_by_its_name_encoded_or_plain_and_its_tokens_can_be_checked()
    {
        var client = voter.Group.Client;
        var opened = (await client.OpenSessionAsync(SessionServiceTests.Request("east"), None)).Demand();
        var session = SessionId.Parse(opened.Session);
        var first = (await client.CampaignAsync(new ElectionName("my/own/one"), session, None)).Demand();
        var second = (await client.AdvanceElectionAsync(new ElectionName("my/own/one"), session, None)).Demand();

        foreach (var name in (string[])["my%2Fown%2Fone", "my/own/one"])
        {
            var url = voter.Group.Url("v1", $"/v1/elections/{name}");
            (await voter.Group.Http.GetFromJsonAsync<ElectionAnswer>(url, None))!.Token.ShouldBe(second.Token);
            var check = new Uri($"{url}/tokens/{first.Token}");
            var old = await voter.Group.Http.GetFromJsonAsync<TokenAnswer>(check, None);
            old.ShouldBe(new TokenAnswer
            {
                Token = first.Token!,
                Session = opened.Session,
                Election = "my/own/one",
                Newest = false,
                SessionAlive = true,
            });
        }
    }

    [Fact]
    public async Task A_voter_says_who_it_is_who_leads_and_what_is_wrong_with_the_layout()
    {
        var status = await voter.Group.Client.StatusAsync(None);

        (status.Node, status.Role, status.Leader, status.LeaderAddress)
            .ShouldBe(("v1", "leader", "v1", voter.Group.AddressOf("v1")));
        status.SafeLayout.ShouldBeFalse();
        status.LayoutProblem!.ShouldContain("automatic failover wants 3");
        var url = voter.Group.Url("v1", "/v1/members");
        var members = await voter.Group.Http.GetFromJsonAsync<List<VoterAnswer>>(url, None);
        members.ShouldHaveSingleItem().Domain.ShouldBe("domain0");
        (await voter.Group.Client.SnapshotAsync(None)).SafeLayout.ShouldBeFalse();
        using var ready = await voter.Group.Http.GetAsync(voter.Group.Url("v1", "/readyz"), None);
        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        var warning = (await ready.Content.ReadFromJsonAsync<JsonElement>(None)).GetProperty("warnings")[0];
        warning.GetProperty("name").GetString().ShouldBe("voter layout");
        warning.GetProperty("reason").GetString().ShouldBe(status.LayoutProblem);
    }

    [Fact]
    public async Task Changing_needs_the_token_and_reading_does_not()
    {
        const string token = "a-token-of-sixteen-or-more";
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, token + "\n", None);
        await using var group = await ConsensusGroup.StartAsync(
            1, ("Auth:AllowAnonymous", null), ("Auth:TokenFile", file));
        using var body = new StringContent(Session, Encoding.UTF8, "application/json");

        using var refused = await group.Http.PostAsync(group.Url("v1", "/v1/sessions"), body, None);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var read = await group.Http.GetAsync(group.Url("v1", "/v1/sessions"), None);
        read.StatusCode.ShouldBe(HttpStatusCode.OK);
        group.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var opened = await group.Http.PostAsync(
            group.Url("v1", "/v1/sessions"), new StringContent(Session, Encoding.UTF8, "application/json"), None);
        opened.StatusCode.ShouldBe(HttpStatusCode.Created);
        File.Delete(file);
    }

    [Fact]
    public async Task Leadership_and_members_are_changed_with_an_operators_token_only()
    {
        const string user = "a-users-token-of-sixteen", chief = "an-operators-token-of-sixteen";
        var (users, chiefs) = (Path.GetTempFileName(), Path.GetTempFileName());
        await File.WriteAllTextAsync(users, user + "\n", None);
        await File.WriteAllTextAsync(chiefs, chief + "\n", None);
        await using var group = await ConsensusGroup.StartAsync(
            1, ("Auth:AllowAnonymous", null), ("Auth:TokenFile", users), ("Auth:OperatorTokenFile", chiefs));
        foreach (var (route, body) in new[] { ("/v1/transfer", "{}"), ("/v1/members", "{\"remove\":[\"no name\"]}") })
        {
            (await PostAsync(route, body, null)).ShouldBe(HttpStatusCode.Unauthorized, route);
            (await PostAsync(route, body, user)).ShouldBe(HttpStatusCode.Forbidden, route);

            // Past the door the request itself is judged.
            (await PostAsync(route, body, chief))
                .ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.Conflict);
        }

        (await PostAsync("/v1/sessions", Session, user)).ShouldBe(HttpStatusCode.Created);
        (await PostAsync("/v1/sessions", Session, chief)).ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Created);
        File.Delete(users);
        File.Delete(chiefs);

        async Task<HttpStatusCode> PostAsync(string route, string body, string? token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, group.Url("v1", route))
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            };
            if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await group.Http.SendAsync(request, None);
            return answer.StatusCode;
        }
    }

    [Fact]
    public void Every_refusal_of_the_log_has_its_status_and_code()
    {
        foreach (var code in Enum.GetValues<RefusalCode>())
        {
            var (status, name) = Refusals.Of(code);
            status.ShouldBeInRange(400, 499);
            name.ShouldNotBeNullOrEmpty();
        }
    }
}
