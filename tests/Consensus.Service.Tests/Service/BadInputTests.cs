using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>
/// What comes from nodes, voters and clients that are wrong about themselves or about the group: each has its named
/// error, and nothing is changed. Connections that do not get as far are those of <see cref="ConnectionTests"/>.
/// </summary>
[Collection("voters on loopback")]
public sealed class BadInputTests
{
    private static readonly NodeId N1 = new("n1");
    private static readonly OpenSessionRequest OnN1 = new()
    {
        Cluster = "east",
        Node = "n1",
        Generation = 7,
        Ttl = TimeSpan.FromMinutes(5),
    };

    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData("a node of another cluster", 409, ProblemCodes.NodeInOtherCluster, "is in cluster east")]
    [InlineData("a fence by another cluster's name", 409, ProblemCodes.NodeInOtherCluster, "is in cluster east")]
    [InlineData("a wrong name", 400, ProblemCodes.InvalidRequest, "A-Z a-z 0-9")]
    [InlineData("an oversized proposal", 413, ProblemCodes.TooLarge, "at most 65536 bytes")]
    [InlineData("a campaign without a session", 404, ProblemCodes.SessionUnknown, "a new one is wanted")]
    [InlineData("a campaign of an ended session", 410, ProblemCodes.SessionEnded, "a new one is wanted")]
    [InlineData("a campaign for Raft's own leadership", 400, ProblemCodes.InvalidRequest, "Raft")]
    public async Task Bad_input_has_its_named_error_and_changes_nothing(
        string input, int status, string code, string detail)
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        var client = group.Client;
        (await client.OpenSessionAsync(OnN1, None)).Demand();
        var ended = (await client.OpenSessionAsync(OnN1, None)).Demand().Session;
        await client.CloseSessionAsync(SessionId.Parse(ended), None);
        await client.PutDefinitionAsync("kept", "1", None);
        var before = await client.SnapshotAsync(None);

        using var request = Request(input, ended);
        request.RequestUri = group.Url("v1", request.RequestUri!.OriginalString);
        using var response = await group.Http.SendAsync(request, None);

        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        ((int)response.StatusCode).ShouldBe(status, problem.ToString());
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("detail").GetString()!.ShouldContain(detail);
        var after = await client.SnapshotAsync(None);
        Text(after).ShouldBe(Text(before));
    }

    [Fact]
    public async Task A_term_from_nowhere_is_ignored_and_counted()
    {
        await using var voters = new TestVoters(3);
        using var violations = new ViolationListener();
        var voter = await voters.StartAsync(N1);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(voters.OptionsOf(N1).Listen, None);
        await using var stream = new FrameStream(socket, frameBytesMax: 1024 * 1024);
        await new Handshake(voters.OptionsOf(new NodeId("n2"))).DialAsync(stream, N1, Handshake.Version, None);

        stream.Write(MessageCodec.ToFrame(new Heartbeat(Term.Max, LogIndex.Zero, new Round(1))));
        await stream.FlushAsync(None);

        (await violations.NextAsync().OrFailAsync("it is counted")).ShouldBe("TermFromNowhere");
        (voter.Status.Term, voter.Status.Leader).ShouldBe((Term.Zero, null));
    }

    private static HttpRequestMessage Request(string input, string ended) => input switch
    {
        "a node of another cluster" => Post(
            ConsensusRoutes.Sessions, """{"cluster":"west","node":"n1","generation":7,"ttl":"00:00:05"}"""),
        "a fence by another cluster's name" => Post(
            ConsensusRoutes.Fence,
            """
            {"node":"n1","cluster":"west","generation":7,"silentFor":"00:00:02","cause":"operator","reporter":"w1",
            "observers":[]}
            """),
        "a wrong name" => Post(ConsensusRoutes.Sessions, """{"cluster":"ea st","ttl":"00:00:05"}"""),
        "an oversized proposal" => new HttpRequestMessage(HttpMethod.Put, ConsensusRoutes.Definition("kept"))
        {
            Content = Json($"\"{new string('x', CoordinationLimits.DefinitionBytesMax)}\""),
        },
        "a campaign without a session" => Post(ConsensusRoutes.Campaign("x"), """{"session":"0001000000ffffff"}"""),
        "a campaign of an ended session" => Post(ConsensusRoutes.Campaign("x"), $$"""{"session":"{{ended}}"}"""),
        _ => Post(ConsensusRoutes.Campaign("consensus"), $$"""{"session":"{{ended}}"}"""),
    };

    private static HttpRequestMessage Post(string path, string body) =>
        new(HttpMethod.Post, path) { Content = Json(body) };

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    // A refused command is an entry too, so the place in the log is not compared.
    private static string Text(ConsensusSnapshot snapshot) => JsonSerializer.Serialize(
        snapshot with { Sequence = "", AppliedIndex = 0 });

    /// <summary>Hears which messages are counted as violations, after it was made.</summary>
    private sealed class ViolationListener : IDisposable
    {
        private readonly Channel<string> _heard = Channel.CreateUnbounded<string>();
        private readonly MeterListener _listener = new();

        public ViolationListener()
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "holdfast.consensus.raft.violations")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
            {
                foreach (var tag in tags)
                    if (tag.Key == "violation") _heard.Writer.TryWrite((string)tag.Value!);
            });
            _listener.Start();
        }

        public Task<string> NextAsync() => _heard.Reader.ReadAsync().AsTask();

        public void Dispose() => _listener.Dispose();
    }
}
