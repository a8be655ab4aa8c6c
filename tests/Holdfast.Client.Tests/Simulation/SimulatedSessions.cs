using System.Globalization;
using System.Net;
using System.Text.Json;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Simulation;

/// <summary>Consensus as one process that never fails: sessions and their ends, and the kinds of two types.</summary>
internal sealed class SimulatedSessions(KeeperSimulation world)
{
    private readonly SortedDictionary<string, SessionAnswer> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Instant> _keptAt = [];
    private readonly List<ConsensusSnapshot> _snapshots = [];
    private ulong _index = 0x10;

    public Token Mint() => new(++_index);

    public bool HasEnded(SessionId session) => _sessions[session.ToString()].State == "ended";

    public IReadOnlyList<SessionId> NotEndedOf(ClusterId cluster) =>
    [
        .. _sessions.Values
            .Where(session => session.State != "ended" && session.Cluster == cluster.Value)
            .Select(session => SessionId.Parse(session.Session)),
    ];

    /// <summary>All sessions of a cluster are revoked, as by a fence of all its nodes.</summary>
    public void Fence(ClusterId cluster)
    {
        foreach (var session in NotEndedOf(cluster)) Become(session.ToString(), "revoked");
    }

    /// <summary>Sessions whose time to live has run out end.</summary>
    public void Expire()
    {
        foreach (var (id, at) in _keptAt.ToList())
        {
            if (world.Now - at < _sessions[id].Ttl) continue;
            _keptAt.Remove(id);
            Become(id, "ended");
        }
    }

    public HttpResponseMessage Answer(HttpMethod method, string path, string body)
    {
        Expire();
        return path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["snapshot"] => Says(Snapshot()),
            ["v1", "definitions", "graintype", "room"] => Says(
                new DefinitionAnswer { Key = "graintype/room", Value = Leased, Token = Token.None.ToString() }),
            ["v1", "sessions"] when method == HttpMethod.Post => Says(Open(body)),
            ["v1", "sessions", var id, var what] => Act(id, what),
            _ => Refuses(HttpStatusCode.NotFound, ProblemCodes.NotFound),
        };
    }

    private static string Leased { get; } = new GrainTypeText { Kind = "leased" }.Write();

    private static HttpResponseMessage Says(object answer) => new(HttpStatusCode.OK)
    {
        Content = Json(JsonSerializer.SerializeToUtf8Bytes(answer, answer.GetType(), JsonSerializerOptions.Web)),
    };

    private static HttpResponseMessage Refuses(HttpStatusCode status, string code) => new(status)
    {
        Content = Json(JsonSerializer.SerializeToUtf8Bytes(new { code, detail = code }, JsonSerializerOptions.Web)),
    };

    private static ByteArrayContent Json(byte[] json) => new(json)
    {
        Headers = { ContentType = new("application/json") },
    };

    private void Become(string id, string state) => _sessions[id] = _sessions[id] with { State = state };

    private SessionAnswer Open(string body)
    {
        var wanted = JsonSerializer.Deserialize<OpenSessionRequest>(body, JsonSerializerOptions.Web)!;
        var token = Mint().ToString();
        _keptAt[token] = world.Now;
        return _sessions[token] = new SessionAnswer
        {
            Session = token,
            Token = token,
            Cluster = wanted.Cluster,
            Ttl = wanted.Ttl,
            Name = wanted.Name,
            Agent = false,
            State = "live",
        };
    }

    private HttpResponseMessage Act(string id, string what)
    {
        if (_sessions[id].State != "live")
        {
            return Refuses(
                HttpStatusCode.Conflict,
                _sessions[id].State == "ended" ? ProblemCodes.SessionEnded : ProblemCodes.SessionRevoked);
        }

        if (what == "advance") _sessions[id] = _sessions[id] with { Token = Mint().ToString() };
        if (what == "keepalive") _keptAt[id] = world.Now;
        return Says(_sessions[id]);
    }

    /// <summary>What some voter has, which may lag.</summary>
    private ConsensusSnapshot Snapshot()
    {
        _snapshots.Add(new ConsensusSnapshot
        {
            Node = "v1",
            Sequence = _index.ToString(CultureInfo.InvariantCulture),
            AppliedIndex = _index,
            SafeLayout = true,
            Nodes = [],
            Sessions = [.. _sessions.Values.Where(session => session.State != "ended")],
            Elections = [],
            Definitions = [],
        });
        return world.Chance.Happens(0.1) ? _snapshots[Math.Max(0, _snapshots.Count - 6)] : _snapshots[^1];
    }
}

/// <summary>The way of one process to Consensus: at once, or lost before or behind what was asked.</summary>
internal sealed class ConsensusLink(KeeperSimulation world) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isLost = world.IsDisturbed && world.Chance.Happens(0.05);
        if (isLost && world.Chance.Happens(0.5)) throw Unavailable();
        var path = Uri.UnescapeDataString(request.RequestUri!.AbsolutePath);
        var answer = world.Sessions.Answer(request.Method, path, BodyOf(request));
        return isLost ? throw Unavailable() : Task.FromResult(answer);
    }

    private static string BodyOf(HttpRequestMessage request)
    {
        using var content = new StreamReader(request.Content?.ReadAsStream(CancellationToken.None) ?? Stream.Null);
        return content.ReadToEnd();
    }

    // The client tries for its deadline in real time; here that is over at once.
    private static ConsensusUnavailableException Unavailable() => new("No answer in time.", null);
}
