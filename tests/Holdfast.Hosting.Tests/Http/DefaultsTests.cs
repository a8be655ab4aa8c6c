using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting.Tests.Http;

public sealed class DefaultsTests : IAsyncLifetime
{
    private const string Token = "a-token-of-at-least-16";

    private readonly string _tokenFile = Path.GetTempFileName();
    private readonly Database _database = new();
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllLinesAsync(_tokenFile, ["another-token-of-16-and-more", Token]);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Node:Id"] = "n1",
            ["Node:Cluster"] = "east",
            ["Auth:TokenFile"] = _tokenFile,
            ["Http:BodyBytesMax"] = "2048",
            ["urls"] = "http://127.0.0.1:0",
        });
        builder.Logging.ClearProviders();
        builder.AddHoldfastDefaults("sample");
        builder.Services.AddSingleton<IReadinessCheck>(_database);
        builder.Services.AddSingleton<ISnapshotSource, State>();
        _app = builder.Build();
        _app.MapHoldfastDefaults();
        _app.MapPost("/v1/things", (Thing thing) => Results.Ok(thing));
        _app.MapGet("/v1/broken", () => { throw new InvalidOperationException("secret detail"); });
        await _app.StartAsync();
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        File.Delete(_tokenFile);
    }

    [Fact]
    public async Task Health_says_live_and_started()
    {
        (await _http.GetStringAsync("/livez")).ShouldBe("""{"service":"sample","live":true}""");
        (await _http.GetStringAsync("/startupz")).ShouldBe("""{"service":"sample","started":true}""");
    }

    [Fact]
    public async Task Not_ready_says_what_it_waits_for_and_ready_follows_the_check()
    {
        using var waiting = await _http.GetAsync("/readyz");
        waiting.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await waiting.Content.ReadAsStringAsync()).ShouldBe(
            """{"service":"sample","ready":false,"waitsFor":[""" +
            """{"name":"database","reason":"127.0.0.1:1 does not answer"}],"warnings":[]}""");

        _database.Up = true;
        (await _http.GetStringAsync("/readyz")).ShouldBe(
            """{"service":"sample","ready":true,"waitsFor":[],"warnings":[]}""");
    }

    [Fact]
    public async Task A_warning_is_said_and_makes_nothing_unready()
    {
        (_database.Up, _database.Full) = (true, true);
        (await _http.GetStringAsync("/readyz")).ShouldBe(
            """
            {"service":"sample","ready":true,"waitsFor":[],"warnings":[{"name":"database","reason":"nearly full"}]}
            """);
    }

    [Fact]
    public async Task The_snapshot_is_the_state_as_camel_case()
    {
        (await _http.GetStringAsync("/snapshot")).ShouldBe("""{"atTerm":7}""");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Basic abc")]
    [InlineData("Bearer wrong-token-of-16-characters")]
    [InlineData("Bearer ")]
    public async Task A_change_without_a_known_token_is_refused(string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/things");
        request.Content = JsonContent.Create(new { name = "x" });
        _http.DefaultRequestHeaders.Authorization = null;
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);

        using var answer = await _http.SendAsync(request);

        (await ProblemOf(answer)).ShouldBe((401, "unauthorized",
            "A change needs the header 'Authorization: Bearer <token>' with a token of Auth:TokenFile."));
        answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
    }

    [Theory]
    [InlineData(Token)]
    [InlineData("another-token-of-16-and-more")]
    public async Task Every_line_of_the_token_file_allows_changes(string token)
    {
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

        using var answer = await _http.PostAsJsonAsync("/v1/things", new { name = "x" });

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("{\"name\":\"x\",\"colour\":\"red\"}", 400, "invalidRequest",
        "The JSON property 'colour' could not be mapped to any .NET member contained in type " +
        "'Holdfast.Hosting.Tests.Http.DefaultsTests+Thing'.")]
    [InlineData("{}", 400, "invalidRequest",
        "JSON deserialization for type 'Holdfast.Hosting.Tests.Http.DefaultsTests+Thing' was missing required " +
        "properties including: 'name'.")]
    [InlineData("{\"name\":", 400, "invalidRequest",
        "Expected depth to be zero at the end of the JSON payload. There is an open JSON object or array that should " +
        "be closed. Path: $.name | LineNumber: 0 | BytePositionInLine: 8.")]
    public async Task A_malformed_body_is_told_what_is_wrong(string body, int status, string code, string detail)
    {
        using var content = new StringContent(body, new MediaTypeHeaderValue("application/json"));

        using var answer = await _http.PostAsync("/v1/things", content);

        (await ProblemOf(answer)).ShouldBe((status, code, detail));
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused()
    {
        using var answer = await _http.PostAsJsonAsync("/v1/things", new { name = new string('x', 4096) });

        (await ProblemOf(answer)).ShouldBe(
            (413, "tooLarge", "The body is larger than the 2048 bytes of Http:BodyBytesMax."));
    }

    [Fact]
    public async Task What_is_not_served_is_a_problem_too()
    {
        using var missing = await _http.GetAsync("/v1/nothing");
        using var method = await _http.DeleteAsync("/v1/things");

        (await ProblemOf(missing)).ShouldBe((404, "notFound", "/v1/nothing is not served here."));
        (await ProblemOf(method)).ShouldBe((405, "methodNotAllowed", "/v1/things takes POST, not DELETE."));
    }

    [Fact]
    public async Task A_bug_answers_without_its_inside()
    {
        using var answer = await _http.GetAsync("/v1/broken");

        (await ProblemOf(answer)).ShouldBe((500, "internalError", "The service failed to answer; its log says why."));
    }

    private static async Task<(int Status, string? Code, string? Detail)> ProblemOf(HttpResponseMessage answer)
    {
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return (
            (int)answer.StatusCode,
            json.RootElement.GetProperty("code").GetString(),
            json.RootElement.GetProperty("detail").GetString());
    }

    private sealed record Thing
    {
        public required string Name { get; init; }
    }

    private sealed class Database : IReadinessCheck
    {
        public bool Up { get; set; }

        public string Name => "database";

        public bool Full { get; set; }

        public string? WaitsFor() => Up ? null : "127.0.0.1:1 does not answer";

        public string? Warning() => Full ? "nearly full" : null;
    }

    private sealed class State : ISnapshotSource
    {
        public object Snapshot() => new { AtTerm = 7 };
    }
}
