using System.Net;
using System.Text;
using System.Text.Json;
using Holdfast.Directory.Embedded;
using Holdfast.Directory.Http;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Standalone.Directory;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Http;

/// <summary>What the HTTP wire does with calls that no client of ours makes.</summary>
public sealed class HttpWireTests : IAsyncLifetime
{
    private readonly EmbeddedGrainDirectory _directory = new(new DirectoryOptions { Shards = 1 });
    private readonly HttpClient _http = new();
    private WebApplication? _server;
    private string? _authorization;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Uri Address => new(_server!.Urls.Single());

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Use((context, next) =>
        {
            _authorization = context.Request.Headers.Authorization;
            return next(context);
        });
        _server.MapGrainDirectory(_directory);
        await _server.StartAsync();
        await _directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server!.DisposeAsync();
    }

    [Theory]
    [InlineData("lookup", "")]
    [InlineData("lookup", "null")]
    [InlineData("lookup", "[]")]
    [InlineData("lookup", "{}")]
    [InlineData("lookup", """{"grains":null}""")]
    [InlineData("lookup", """{"grains":["cart"]}""")]
    [InlineData("lookup", """{"grains":["cart/a"],"more":1}""")]
    [InlineData("lookup", """{"grains":[7]}""")]
    [InlineData("claim", """{"grains":[null],"cluster":"e","session":"0000000000000011","token":"0000000000000011"}""")]
    [InlineData("claim", """{"grains":[],"cluster":"ea st","session":"0000000000000011","token":"0000000000000011"}""")]
    [InlineData("release", """{"grains":[],"session":"11"}""")]
    [InlineData("claim", """{"grains":[],"cluster":"east","session":"0000000000000011","token":"0000000000000000"}""")]
    [InlineData("describe", """{"shard":1}""")]
    [InlineData("describe", """{"shard":"0"}""")]
    [InlineData("register", """{"grain":"ext.a/b","cluster":"east","number":-1}""")]
    [InlineData("list", """{"shard":0,"cluster":"east","cursor":"\uffff\uffff"}""")]
    public async Task A_request_that_breaks_a_rule_is_a_problem_that_says_which(string operation, string body)
    {
        var (status, problem) = await PostAsync(operation, body);

        status.ShouldBe(HttpStatusCode.BadRequest);
        problem.GetProperty("code").GetString().ShouldBe("invalidRequest");
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrWhiteSpace();
        (await _directory.OutboxAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task More_grains_than_a_call_takes_are_refused()
    {
        var grains = string.Join(',', Many(501).Select(grain => $"\"{grain}\""));

        var (status, problem) = await PostAsync("lookup", $$"""{"grains":[{{grains}}]}""");

        status.ShouldBe(HttpStatusCode.BadRequest);
        problem.GetProperty("detail").GetString()!.ShouldContain("500");
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[null]")]
    public async Task An_answer_that_is_no_directorys_means_that_there_is_none(string body)
    {
        using var strange = new HttpGrainDirectory(
            new DirectoryOptions { Shards = 1, Address = Address }, new StrangeServer(body));

        await Should.ThrowAsync<DirectoryUnavailableException>(() => strange.LookupAsync(G("a")));
        await Should.ThrowAsync<DirectoryUnavailableException>(() => strange.ShardAsync(0, Cancel));
    }

    [Fact]
    public async Task A_caller_that_believes_in_another_number_of_shards_is_told()
    {
        using var other = new HttpGrainDirectory(new DirectoryOptions { Shards = 2, Address = Address });

        (await other.ShardAsync(1, Cancel)).Status.ShouldBe(DirectoryStatus.WrongFormat);
        (await other.ClaimAsync(G("a"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.WrongFormat);
        (await other.PromoteAsync(FailoverWest, 20, East)).Status.ShouldBe(DirectoryStatus.WrongFormat);
        (await other.HistoryAsync(G("a"), 1, Cancel)).Status.ShouldBe(DirectoryStatus.WrongFormat);
    }

    [Fact]
    public async Task The_bearer_token_is_read_from_its_file_at_each_call()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "first-token\nsecond-token\n", Cancel);
        using var client = new HttpGrainDirectory(
            new DirectoryOptions { Shards = 1, Address = Address, TokenFile = file });

        await client.ShardAsync(0, Cancel);
        var first = _authorization;
        await File.WriteAllTextAsync(file, "third-token", Cancel);
        await client.ShardAsync(0, Cancel);

        first.ShouldBe("Bearer first-token");
        _authorization.ShouldBe("Bearer third-token");
        File.Delete(file);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_so_within_the_deadline()
    {
        var address = Address;
        await _server!.StopAsync(Cancel);
        using var client = new HttpGrainDirectory(new DirectoryOptions
        {
            Shards = 1,
            Address = address,
            Deadline = TimeSpan.FromMilliseconds(200),
        });

        var failure = await Should.ThrowAsync<DirectoryUnavailableException>(() => client.ShardAsync(0, Cancel));

        failure.Message.ShouldContain($"{address} did not answer describe within 0.2 s");
    }

    private sealed class StrangeServer(string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body) });
    }

    private async Task<(HttpStatusCode Status, JsonElement Problem)> PostAsync(string operation, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, $"/v1/directory/{operation}"));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Add(DirectoryRoutes.ShardsHeader, "1");
        using var response = await _http.SendAsync(request, Cancel);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        return (response.StatusCode, problem.RootElement);
    }
}
