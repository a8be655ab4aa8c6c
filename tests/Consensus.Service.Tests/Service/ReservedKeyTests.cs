using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Holdfast.Contracts.Http;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>Definitions that are orders: who may write and delete them.</summary>
public sealed class ReservedKeyTests : IDisposable
{
    private const string User = "a-users-token-of-sixteen", Unlisted = "a-token-that-is-in-no-file";
    private const string Service = "a-services-token-of-sixteen", Chief = "an-operators-token-of-sixteen";
    private const string Order = """{"to":"west","operator":"not ann"}""";

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-tokens-").FullName;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_users_token_neither_writes_nor_deletes_an_order_and_a_services_and_an_operators_do()
    {
        await using var group = await ConsensusGroup.StartAsync(
            3,
            [
                .. ConsensusGroup.Calm,
                ("Auth:AllowAnonymous", null),
                ("Auth:TokenFile", FileOf(User, Service)),
                ("Auth:ServiceTokenFile", FileOf(Service)),
                ("Auth:OperatorTokenFile", FileOf(Chief)),
            ]);
        var leader = await group.LeaderAsync();
        string[] reserved =
        [
            "force/failover/east", "force%2ffailover%2Feast", "force%252Ffailover%2Feast",
            "pause/failover", "pause/failover/east", "cordon/n1", "directory",
        ];
        foreach (var path in reserved)
        {
            await ShouldBeRefusedAsync(group, leader, path);
            foreach (var token in new[] { Service, Chief })
            {
                (await AskAsync(group, leader, HttpMethod.Put, path, token)).Status.ShouldBe(HttpStatusCode.OK, path);
                await ShouldBeRefusedAsync(group, leader, path, written: true);
                (await AskAsync(group, leader, HttpMethod.Delete, path, token)).Status
                    .ShouldBe(HttpStatusCode.NoContent, path);
            }
        }
    }

    [Fact]
    public async Task What_is_no_order_a_user_writes_and_deletes_as_before()
    {
        await using var group = await ConsensusGroup.StartAsync(
            1,
            ("Auth:AllowAnonymous", null),
            ("Auth:TokenFile", FileOf(User)),
            ("Auth:ServiceTokenFile", FileOf(Service)));
        foreach (var path in new[] { "graintype/order", "group/bank", "my/force/failover", "Force/a", "directory/a" })
        {
            (await AskAsync(group, "v1", HttpMethod.Put, path, User)).Status.ShouldBe(HttpStatusCode.OK, path);
            (await AskAsync(group, "v1", HttpMethod.Delete, path, User)).Status
                .ShouldBe(HttpStatusCode.NoContent, path);
        }

        (await AskAsync(group, "v1", HttpMethod.Put, "pause/failover", User)).Status
            .ShouldBe(HttpStatusCode.Forbidden, "Services are apart also where operators are not.");
    }

    [Fact]
    public async Task Without_a_file_of_services_everybody_known_writes_orders()
    {
        await using var group = await ConsensusGroup.StartAsync(
            1,
            ("Auth:AllowAnonymous", null),
            ("Auth:TokenFile", FileOf(User)),
            ("Auth:OperatorTokenFile", FileOf(Chief)));

        var (status, _) = await AskAsync(group, "v1", HttpMethod.Put, "force/failover/east", User);
        status.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task ShouldBeRefusedAsync(
        ConsensusGroup group, string leader, string path, bool written = false)
    {
        // The leader knows what was acknowledged; a follower learns it a little later.
        var knowing = new Uri(group.AddressOf(leader));
        var before = (await group.Client.SnapshotAsync(None, knowing)).Definitions;
        before.Count.ShouldBe(written ? 1 : 0, path);
        foreach (var voter in group.Names)
        {
            foreach (var method in new[] { HttpMethod.Put, HttpMethod.Delete })
            {
                (await AskAsync(group, voter, method, path, User)).ShouldBe(
                    (HttpStatusCode.Forbidden, ProblemCodes.OperatorOnly), $"{method} {path} at {voter}");
                (await AskAsync(group, voter, method, path, Unlisted)).ShouldBe(
                    (HttpStatusCode.Unauthorized, ProblemCodes.Unauthorized), $"{method} {path} at {voter}");
            }
        }

        (await group.Client.SnapshotAsync(None, knowing)).Definitions.ShouldBe(before, path);
        (await AskAsync(group, leader, HttpMethod.Get, path, token: null)).Status
            .ShouldBe(written ? HttpStatusCode.OK : HttpStatusCode.NotFound, "Everybody reads.");
    }

    private static async Task<(HttpStatusCode Status, string? Code)> AskAsync(
        ConsensusGroup group, string voter, HttpMethod method, string path, string? token)
    {
        using var request = new HttpRequestMessage(method, group.Url(voter, $"/v1/definitions/{path}"));
        if (method == HttpMethod.Put) request.Content = new StringContent(Order, Encoding.UTF8, "application/json");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await group.Http.SendAsync(request, None);
        if (answer.IsSuccessStatusCode) return (answer.StatusCode, null);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(None));
        return (answer.StatusCode, problem.RootElement.GetProperty("code").GetString());
    }

    private string FileOf(params IEnumerable<string> tokens)
    {
        var file = Path.Combine(_folder, Path.GetRandomFileName());
        File.WriteAllLines(file, tokens);
        return file;
    }
}
