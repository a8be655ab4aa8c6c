using System.Collections.Concurrent;
using System.Globalization;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.Gossip.Service.Tests;

/// <summary>A request to fence as the voter saw it.</summary>
internal sealed record SeenFence(FenceRequest Request, string? TraceParent);

/// <summary>
/// A Consensus of one on a real HTTP server, kept on paper: sessions of nodes, and fences that revoke them.
/// </summary>
internal sealed class PaperVoter : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, OpenSessionRequest> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _fenced = new(StringComparer.Ordinal);
    private ulong _index = 16;

    private PaperVoter(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    public Mail<SeenFence> Fences { get; } = new();

    public Mail<OpenSessionRequest> Opened { get; } = new();

    public ConcurrentDictionary<string, bool> Closed { get; } = new();

    /// <summary>Refuses every fence: the node's session is kept alive.</summary>
    public bool RefusesFences { get; set; }

    public static async Task<PaperVoter> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var voter = new PaperVoter(app);
        app.MapPost("/v1/sessions", voter.Open);
        app.MapPost("/v1/sessions/{id}/keepalive", voter.KeepAlive);
        app.MapDelete("/v1/sessions/{id}", voter.Close);
        app.MapPost("/v1/fence", (FenceRequest request, HttpContext context) => voter.Fence(
            request, context.Request.Headers.TraceParent));
        app.MapGet("/v1/fences/{node}", voter.FenceOf);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return voter;
    }

    /// <summary>An operator fences whatever generation of the node has a session.</summary>
    public void FenceByHand(string node)
    {
        lock (_gate) _fenced[node] = _sessions.Values.Where(s => s.Node == node).Max(s => s.Generation ?? 0);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private IResult Open(OpenSessionRequest request)
    {
        lock (_gate)
        {
            if (IsFenced(request)) return Problem.Answer(409, ProblemCodes.NodeFenced, "This generation is fenced.");
            var id = (_index++).ToString("x16", CultureInfo.InvariantCulture);
            _sessions[id] = request;
            Opened.Post(request);
            return Results.Ok(Answer(id, request));
        }
    }

    private IResult KeepAlive(string id)
    {
        lock (_gate)
        {
            if (!_sessions.TryGetValue(id, out var session))
                return Problem.Answer(404, ProblemCodes.SessionUnknown, "No such session.");
            return IsFenced(session)
                ? Problem.Answer(409, ProblemCodes.SessionRevoked, "Its node is fenced.")
                : Results.Ok(Answer(id, session));
        }
    }

    private IResult Close(string id)
    {
        lock (_gate)
        {
            if (_sessions.Remove(id, out var session)) Closed[session.Node ?? ""] = true;
            return Results.NoContent();
        }
    }

    private IResult Fence(FenceRequest request, string? traceParent)
    {
        lock (_gate)
        {
            if (!RefusesFences) _fenced[request.Node] = request.Generation;
            Fences.Post(new SeenFence(request, traceParent));
            return Results.Ok(Answer(request.Node, request.Generation, RefusesFences ? "refused" : "fenced"));
        }
    }

    private IResult FenceOf(string node)
    {
        lock (_gate)
        {
            return _fenced.TryGetValue(node, out var generation)
                ? Results.Ok(Answer(node, generation, "fenced"))
                : Problem.NotFound("Never fenced.");
        }
    }

    private bool IsFenced(OpenSessionRequest session) =>
        _fenced.TryGetValue(session.Node ?? "", out var generation) && session.Generation <= generation;

    private static FenceAnswer Answer(string node, ulong generation, string outcome) =>
        new() { Node = node, Cluster = "east", Generation = generation, Outcome = outcome };

    private static SessionAnswer Answer(string id, OpenSessionRequest request) => new()
    {
        Session = id,
        Token = id,
        Cluster = request.Cluster,
        Node = request.Node,
        Generation = request.Generation,
        Ttl = request.Ttl,
        Agent = request.Agent ?? false,
        State = "live",
    };
}
