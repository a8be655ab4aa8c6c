using System.Collections.Concurrent;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Client.Tests.Grains;

/// <summary>The answers of a Consensus of one, kept by hand: any number of sessions, and definitions.</summary>
internal sealed class PaperSessions
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SessionAnswer> _sessions = [];
    private ulong _index = 0x10;

    /// <summary>The JSON of definitions by key.</summary>
    public ConcurrentDictionary<string, string> Definitions { get; } = new();

    /// <summary>Answers keep-alives with 503, and all else as ever.</summary>
    public bool KeepsNobodyAlive { get; set; }

    /// <summary>Answers everything with 503.</summary>
    public bool AnswersNobody { get; set; }

    /// <summary>Answers advances with 503, and all else as ever.</summary>
    public bool AdvancesNobody { get; set; }

    /// <summary>The one node whose agent lives; null: none.</summary>
    public string? LiveNode { get; set; }

    public Token Mint() => new(Interlocked.Increment(ref _index));

    /// <summary>From now on a session is <c>revoked</c> or <c>ended</c>.</summary>
    public void Become(SessionId session, string state)
    {
        lock (_gate) _sessions[session.ToString()] = _sessions[session.ToString()] with { State = state };
    }

    public Task AnswerAsync(Seen seen, HttpContext context)
    {
        if (AnswersNobody) return Says.Problem(503, ProblemCodes.NoQuorum)(seen, context);
        var parts = Uri.UnescapeDataString(seen.Path).Split('/', StringSplitOptions.RemoveEmptyEntries);
        lock (_gate)
        {
            return parts switch
            {
                ["snapshot"] => Says.Json(Snapshot())(seen, context),
                ["v1", "definitions", .. var key] => Definition(string.Join('/', key))(seen, context),
                ["v1", "sessions"] => Says.Json(Open(seen))(seen, context),
                ["v1", "sessions", var id, .. var what] => Answer(id, what is [var verb] ? verb : seen.Method)(
                    seen, context),
                _ => Says.Problem(404, ProblemCodes.NotFound)(seen, context),
            };
        }
    }

    private SessionAnswer Open(Seen seen)
    {
        var request = System.Text.Json.JsonSerializer.Deserialize<OpenSessionRequest>(
            seen.Body, System.Text.Json.JsonSerializerOptions.Web)!;
        var token = Mint().ToString();
        return _sessions[token] = new SessionAnswer
        {
            Session = token,
            Token = token,
            Cluster = request.Cluster,
            Node = request.Node,
            Generation = request.Generation,
            Ttl = TimeSpan.FromSeconds(5),
            Name = request.Name,
            Agent = false,
            State = "live",
        };
    }

    private Func<Seen, HttpContext, Task> Answer(string id, string verb)
    {
        if (!_sessions.TryGetValue(id, out var session)) return Says.Problem(404, ProblemCodes.SessionUnknown);
        if (verb == "DELETE")
        {
            _sessions[id] = session with { State = "ended" };
            return Says.Json(_sessions[id]);
        }

        if (session.State != "live")
        {
            return Says.Problem(
                409, session.State == "ended" ? ProblemCodes.SessionEnded : ProblemCodes.SessionRevoked);
        }

        if (verb == "keepalive" && KeepsNobodyAlive) return Says.Problem(503, ProblemCodes.NoQuorum);
        if (verb == "advance" && AdvancesNobody) return Says.Problem(503, ProblemCodes.NoQuorum);
        if (verb == "advance") _sessions[id] = session = session with { Token = Mint().ToString() };
        return Says.Json(session);
    }

    private Func<Seen, HttpContext, Task> Definition(string key) => Definitions.TryGetValue(key, out var json)
        ? Says.Json(new DefinitionAnswer { Key = key, Value = json, Token = "0000000000000001" })
        : Says.Problem(404, ProblemCodes.NotFound);

    private ConsensusSnapshot Snapshot() => new()
    {
        Node = "voter-1",
        Sequence = Contracts.EventIdentity.Sequence(1, _index),
        AppliedIndex = _index,
        SafeLayout = true,
        Nodes = LiveNode is { } node
            ? [new NodeAnswer { Node = node, Cluster = "east", Generation = 7, Live = true }]
            : [],
        Sessions = [.. _sessions.Values.Where(session => session.State != "ended")],
        Elections = [],
        Definitions = [],
    };
}
