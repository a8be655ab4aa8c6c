using System.Net;
using System.Text.Json;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

public sealed class ElectionStreamTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_stream_begins_with_the_election_as_it_is_follows_it_and_ends_with_the_voter()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        using var unknown = await group.Http.GetAsync(group.Url("v1", "/v1/elections/a%2Fb/stream"), None);
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var request = SessionServiceTests.Request("east") with { Ttl = TimeSpan.FromMinutes(1) };
        var session = SessionId.Parse((await group.Client.OpenSessionAsync(request, None)).Demand().Session);
        var election = new ElectionName("a/b");
        var held = (await group.Client.CampaignAsync(election, session, None)).Demand();

        using var answer = await group.Http.GetAsync(
            group.Url("v1", "/v1/elections/a%2Fb/stream"), HttpCompletionOption.ResponseHeadersRead, None);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(None));
        (await NextAsync(lines, "the current state comes first")).Token.ShouldBe(held.Token);
        var advanced = (await group.Client.AdvanceElectionAsync(election, session, None)).Demand();
        (await NextAsync(lines, "the advance is sent")).Token.ShouldBe(advanced.Token);
        await group.Client.PutDefinitionAsync("other", "{}", None);
        await group.Client.ResignAsync(election, session, None);
        (await NextAsync(lines, "the end of the office is sent, and no other entry")).Holder.ShouldBeNull();

        await group.StopAsync("v1").OrFailAsync("the voter does not wait for its streams");
        (await RestAsync(lines).OrFailAsync("the stream ends")).ShouldBeNullOrWhiteSpace();
    }

    [Fact]
    public async Task A_follower_points_to_the_leader()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        var leader = await group.LeaderAsync();
        var follower = group.Names.First(name => name != leader);
        using var answer = await group.Http.GetAsync(group.Url(follower, "/v1/elections/consensus/stream"), None);
        answer.StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
    }

    private static async Task<string> RestAsync(StreamReader lines)
    {
        try
        {
            return await lines.ReadToEndAsync(None);
        }
        catch (IOException)
        {
            // A process that goes may reset the connection after its last word; nothing follows either way.
            return "";
        }
    }

    private static async Task<ElectionAnswer> NextAsync(StreamReader lines, string awaited)
    {
        while (await lines.ReadLineAsync(None).AsTask().OrFailAsync(awaited) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
                return JsonSerializer.Deserialize<ElectionAnswer>(line["data: ".Length..], JsonSerializerOptions.Web)!;
        }

        throw new EndOfStreamException($"The stream ended before {awaited}.");
    }
}
