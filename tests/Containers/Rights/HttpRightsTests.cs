using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Rights;

/// <summary>Whose bearer token changes what over HTTP. Reading is open inside the network of the set.</summary>
public sealed class HttpRightsTests(ComposeWorld compose)
{
    private const int Port = 8080;

    // An order of no kind that anybody reads.
    private const string Order = "/v1/definitions/force/nobody-reads";

    /// <summary>Each service with a change of it, and the tokens that it must not accept.</summary>
    public static TheoryData<string, string, string[]> Forbidden => new()
    {
        { "consensus-west", "/v1/sessions", ["handoff"] },
        { "consensus-west", "/v1/transfer", ["users", "services", "handoff"] },
        { "consensus-west", "/v1/members", ["users", "services", "handoff"] },
        { "consensus-west", Order, ["users", "handoff"] },
        { "west-1", "/v1/planned-silence", ["users", "services"] },
        { "failover-west", "/v1/pause", ["users", "services", "handoff"] },
        { "ledger", "/v1/writes", ["services", "handoff"] },
        { "recovery-west", "/v1/hosts/west-1/sync", ["services", "handoff"] },
        { "handoff-edge-1", "/v1/daemons/counter/handoff", ["services", "handoff"] },
    };

    [Theory, MemberData(nameof(Forbidden))]
    public async Task A_change_is_refused_without_a_token_of_the_right_role(
        string service, string path, string[] tokens)
    {
        var set = await compose.HealthyAsync();
        var address = new Uri(await AddressAsync(set, service), path);

        (await AskAsync(address, token: null)).Status.ShouldBe(HttpStatusCode.Unauthorized, "no token");
        (await AskAsync(address, "not a token of this installation")).Status
            .ShouldBe(HttpStatusCode.Unauthorized, "wrong");
        foreach (var token in tokens)
        {
            var (status, code) = await AskAsync(address, set.Secret($"token-{token}"));
            status.ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden);
            code.ShouldNotBeNullOrEmpty($"{token}: {status}");
        }

        var (chief, _) = await AskAsync(address, set.Secret("token-operator"));
        chief.ShouldNotBe(HttpStatusCode.Unauthorized, "operator");
        chief.ShouldNotBe(HttpStatusCode.Forbidden, "operator");
    }

    [Fact]
    public async Task A_services_token_may_write_an_operators_order_down()
    {
        var set = await compose.HealthyAsync();

        var (status, _) = await AskAsync(
            new Uri(await AddressAsync(set, "consensus-west"), Order), set.Secret("token-services"));

        // A voter that does not lead names the one that does.
        status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.MisdirectedRequest);
    }

    // What shares the network of a node is published by the node's own container.
    private static Task<Uri> AddressAsync(ComposeSet set, string service) => service == "handoff-edge-1"
        ? set.AddressAsync("edge-1", 8082)
        : set.AddressAsync(service, Port);

    private static async Task<(HttpStatusCode Status, string? Code)> AskAsync(Uri address, string? token)
    {
        using var http = new HttpClient();

        // No service reads this: whoever is let in is told what is wrong with it.
        var method = address.AbsolutePath == Order ? HttpMethod.Put : HttpMethod.Post;
        using var request = new HttpRequestMessage(method, address)
        {
            Content = JsonContent.Create(new { nobodyReads = "this" }),
        };
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request);
        if (answer.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
            return (answer.StatusCode, null);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (answer.StatusCode, problem.GetProperty("code").GetString());
    }
}
