using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests;

public sealed partial class ConsensusClientTests
{
    private static readonly SessionId Session = SessionId.Parse("0000000000000007");

    private static readonly object Alive = new
    {
        session = "0000000000000007",
        token = "0000000000000009",
        cluster = "east",
        ttl = "00:00:05",
        agent = false,
        state = "live",
        laterField = 1,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_file_that_cannot_be_read_is_a_failed_attempt_until_it_can()
    {
        var file = Path.Combine(Path.GetTempPath(), $"holdfast-token-{Guid.NewGuid():n}");
        await using var voter = await ScriptedVoter.StartAsync(Says.Json(Alive));
        using var client = new ConsensusClient(Options(voter.Url) with { TokenFile = file });

        // What stands there is a directory: reading it is an UnauthorizedAccessException.
        System.IO.Directory.CreateDirectory(file);
        try
        {
            await Should.ThrowAsync<ConsensusUnavailableException>(
                client.KeepAliveAsync(Session, Cancel, TimeSpan.FromMilliseconds(150)));
            voter.Requests.ShouldBeEmpty();
        }
        finally
        {
            System.IO.Directory.Delete(file);
        }
    }

    [Fact]
    public async Task A_call_is_repeated_while_no_quorum_answers()
    {
        var asked = 0;
        await using var voter = await ScriptedVoter.StartAsync((seen, context) =>
            Interlocked.Increment(ref asked) < 4
                ? Says.Problem(503, ProblemCodes.NoQuorum)(seen, context)
                : Says.Json(Alive)(seen, context));
        using var client = Client(voter.Url);

        (await client.KeepAliveAsync(Session, Cancel)).Refusal.ShouldBeNull();
        asked.ShouldBe(4);
    }

    [Fact]
    public async Task Nobody_answering_is_an_exception_that_says_what_was_asked_and_what_was_heard()
    {
        await using var voter = await ScriptedVoter.StartAsync(Says.Json(Alive));
        using var client = Client(voter.Url);

        // The first answer of a process is slow, and what was heard is what this is about.
        await client.KeepAliveAsync(Session, Cancel);
        voter.Become(Says.Problem(503, ProblemCodes.NoQuorum));

        var failure = await Should.ThrowAsync<ConsensusUnavailableException>(
            client.KeepAliveAsync(Session, Cancel, TimeSpan.FromSeconds(2)));

        failure.Message.ShouldContain("POST /v1/sessions/0000000000000007/keepalive");
        failure.Message.ShouldContain("noQuorum");
    }

    [Theory]
    [InlineData(404, ProblemCodes.SessionUnknown, ConsensusRefusalReason.SessionUnknown, true)]
    [InlineData(409, ProblemCodes.SessionRevoked, ConsensusRefusalReason.SessionRevoked, true)]
    [InlineData(410, ProblemCodes.SessionEnded, ConsensusRefusalReason.SessionEnded, true)]
    [InlineData(409, ProblemCodes.NodeFenced, ConsensusRefusalReason.NodeFenced, true)]
    [InlineData(409, ProblemCodes.NotHolder, ConsensusRefusalReason.NotHolder, false)]
    [InlineData(401, ProblemCodes.Unauthorized, ConsensusRefusalReason.Unauthorized, false)]
    [InlineData(409, "somethingNewer", ConsensusRefusalReason.Other, false)]
    public async Task A_refusal_is_a_value_and_asked_once(
        int status, string code, ConsensusRefusalReason reason, bool sessionOver)
    {
        await using var voter = await ScriptedVoter.StartAsync(Says.Problem(status, code));
        using var client = Client(voter.Url);

        var outcome = await client.AdvanceSessionAsync(Session, Cancel);

        outcome.Refusal.ShouldBe(new ConsensusRefusal(reason, code, $"because of {code}", status));
        outcome.Refusal!.IsSessionOver.ShouldBe(sessionOver);
        Should.Throw<ConsensusRefusedException>(() => outcome.Demand()).Message.ShouldContain(code);
        voter.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_error_that_is_no_problem_document_is_a_refusal_by_its_status()
    {
        await using var voter = await ScriptedVoter.StartAsync((_, context) =>
        {
            context.Response.StatusCode = 418;
            return Task.CompletedTask;
        });
        using var client = Client(voter.Url);

        (await client.AdvanceSessionAsync(Session, Cancel)).Refusal!.Code.ShouldBe("http418");
    }

    [Fact]
    public async Task What_is_not_there_is_null()
    {
        await using var voter = await ScriptedVoter.StartAsync(Says.Problem(404, ProblemCodes.NotFound));
        using var client = Client(voter.Url);

        (await client.ElectionAsync(new ElectionName("failover/east"), Cancel)).ShouldBeNull();
        (await client.DefinitionAsync("graintype/order", Cancel)).ShouldBeNull();
        (await client.FenceAsync(new NodeId("e1"), Cancel)).ShouldBeNull();
        voter.Requests.Select(seen => seen.Path).ShouldBe(
            ["/v1/elections/failover%2Feast", "/v1/definitions/graintype%2Forder", "/v1/fences/e1"]);
    }

    [Fact]
    public async Task A_definition_travels_as_it_is_and_may_be_written_only_where_none_is()
    {
        await using var voter = await ScriptedVoter.StartAsync(
            Says.Json(new { key = "directory", value = "{\"shards\":64}", token = "0000000000000003" }));
        using var client = Client(voter.Url);

        await client.PutDefinitionAsync("directory", "{\"shards\":64}", Cancel, onlyIfAbsent: true);
        await client.PutDefinitionAsync("directory", "{}", Cancel);

        var requests = voter.Requests.ToArray();
        requests[0].Body.ShouldBe("{\"shards\":64}");
        requests[0].Header("If-None-Match").ShouldBe("*");
        requests[1].Header("If-None-Match").ShouldBeNull();
    }

    [Fact]
    public async Task A_fence_carries_the_trace_of_its_conviction()
    {
        const string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await using var voter = await ScriptedVoter.StartAsync(
            Says.Json(new { node = "e1", cluster = "east", generation = 1, outcome = "fenced" }));
        using var client = Client(voter.Url);

        var outcome = await client.FenceAsync(Fence(), trace, Cancel);

        outcome.Demand().Outcome.ShouldBe("fenced");
        voter.Requests.Single().Header("traceparent").ShouldBe(trace);
        voter.Requests.Single().Body.ShouldNotContain("null");
    }

    [Fact]
    public async Task The_bearer_token_is_read_again_when_its_file_changes()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "first\n", Cancel);
            await using var voter = await ScriptedVoter.StartAsync(Says.Json(Alive));
            using var client = new ConsensusClient(Options(voter.Url) with { TokenFile = file });

            await client.KeepAliveAsync(Session, Cancel);
            await File.WriteAllTextAsync(file, "second\n", Cancel);
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds(10));
            await client.KeepAliveAsync(Session, Cancel);

            voter.Requests.Select(seen => seen.Header("Authorization")).ShouldBe(["Bearer first", "Bearer second"]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_caller_that_cancels_is_told_so_and_not_that_nobody_answered()
    {
        await using var voter = await ScriptedVoter.StartAsync(Says.Nothing);
        using var client = Client(voter.Url);
        using var cancelled = new CancellationTokenSource();
        var call = client.KeepAliveAsync(Session, cancelled.Token);

        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
    }

    [Fact]
    public void Wrong_options_are_all_named_at_once()
    {
        var options = new ConsensusClientOptions
        {
            Endpoints = ["voter1:7400"],
            Deadline = TimeSpan.FromSeconds(1),
            AttemptDeadline = TimeSpan.FromSeconds(2),
        };

        options.Problems().ShouldBe(
        [
            "ConsensusClient:Endpoints has 'voter1:7400'; absolute http or https URLs are wanted.",
            "ConsensusClient:AttemptDeadline (00:00:02) must not be above ConsensusClient:Deadline (00:00:01).",
        ]);
        Should.Throw<ArgumentException>(() => new ConsensusClient(options));
    }

    private static ConsensusClient Client(params string[] endpoints) => new(Options(endpoints));

    /// <summary>Of a client that soon leaves a voter that hangs.</summary>
    private static ConsensusClient Hasty(params string[] endpoints) =>
        new(Options(endpoints) with { AttemptDeadline = TimeSpan.FromMilliseconds(500) });

    // A request is not sent again because the first answer of a process is slow.
    private static ConsensusClientOptions Options(params string[] endpoints) => new()
    {
        Endpoints = endpoints,
        Deadline = TimeSpan.FromSeconds(30),
        AttemptDeadline = TimeSpan.FromSeconds(30),
    };

    private static FenceRequest Fence() => new()
    {
        Node = "e1",
        Cluster = "east",
        Generation = 1,
        SilentFor = TimeSpan.FromSeconds(2),
        Cause = "silence",
        Reporter = "w1",
        Observers = [],
    };
}
