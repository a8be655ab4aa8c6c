using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>
/// Consensus without Raft: its own state machine on one list of entries, behind its HTTP surface. Sessions end only
/// when a test says so, and it can be told to answer nothing.
/// </summary>
internal sealed class PaperConsensus : IAsyncDisposable
{
    private static readonly Term Term = new(1);

    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private CoordinationState _state = CoordinationState.Empty;
    private ulong _index;

    private PaperConsensus(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    /// <summary>Nobody is answered.</summary>
    public bool IsAway { get; set; }

    public string? LayoutProblem { get; set; }

    public static async Task<PaperConsensus> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var consensus = new PaperConsensus(app);
        app.Use((context, next) => consensus.IsAway ? AwayAsync(context) : next(context));
        consensus.Map();
        await app.StartAsync();
        return consensus;
    }

    public CoordinationAnswer Apply(CoordinationCommand command, string? traceParent = null)
    {
        lock (_gate)
        {
            var answer = ApplyLocked(command, traceParent);

            // What a leader would propose by itself: vacated elections go to the next in line.
            while (_state.ElectionsToGrant.ToArray() is { Length: > 0 } vacant)
                foreach (var election in vacant) ApplyLocked(new CoordinationCommand.GrantNext(election), null);
            return answer;
        }
    }

    /// <summary>The agent of a node opens its session: the node is live.</summary>
    public SessionRecord Live(string node, string cluster, ulong generation = 1) =>
        Open(node, cluster, generation, isAgent: true);

    /// <summary>A process on a node opens a session.</summary>
    public SessionRecord Open(string node, string cluster, ulong generation = 1, bool isAgent = false)
    {
        var answer = Apply(new CoordinationCommand.OpenSession(
            new ClusterId(cluster),
            new Residence(new NodeId(node), new Generation(generation)),
            TimeSpan.FromMinutes(1),
            Name: null,
            isAgent));
        return ((CoordinationAnswer.SessionState)answer).Session;
    }

    /// <summary>A process opens a session that names no node.</summary>
    public SessionRecord OpenNameless(string cluster)
    {
        var answer = Apply(new CoordinationCommand.OpenSession(
            new ClusterId(cluster), Residence: null, TimeSpan.FromMinutes(1), Name: null, Agent: false));
        return ((CoordinationAnswer.SessionState)answer).Session;
    }

    public FenceRecord Fence(
        string node,
        string cluster,
        string? traceParent = null,
        FenceCause cause = FenceCause.Silence,
        ulong generation = 1)
    {
        var answer = Apply(
            new CoordinationCommand.FenceNode(
                new NodeId(node),
                new ClusterId(cluster),
                new Generation(generation),
                cause,
                new NodeId("w1"),
                TimeSpan.FromSeconds(2),
                []),
            traceParent);
        return ((CoordinationAnswer.FenceState)answer).Fence;
    }

    /// <summary>Ends the session that holds an election, as its time to live would; it may be closed already.</summary>
    public void ExpireHolder(string election)
    {
        if (_state.Election(new ElectionName(election))?.Holder is { } holder) Expire(holder);
    }

    /// <summary>Ends a session, as its time to live would.</summary>
    public void Expire(SessionId session) => Apply(new CoordinationCommand.ExpireSession(session, Term));

    public void Define(string key, string json) =>
        Apply(new CoordinationCommand.PutDefinition(new DefinitionKey(key), json, OnlyIfAbsent: false));

    /// <summary>A newer token for a session.</summary>
    public Token Advance(SessionId session) =>
        ((CoordinationAnswer.SessionState)Apply(new CoordinationCommand.AdvanceSession(session))).Session.Token;

    /// <summary>All losses of the directory's memory, by shard and then in their order.</summary>
    public IReadOnlyList<MemoryLoss> Losses => [.. _state.Losses.Values.SelectMany(losses => losses)];

    public string? Holder(string election) => _state.Election(new ElectionName(election))?.Holder?.ToString();

    /// <summary>The node that the session names that holds an election.</summary>
    public string? HolderNode(string election) => _state.Election(new ElectionName(election))?.Holder is { } holder
        ? _state.Sessions[holder].Residence?.Node.Value
        : null;

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static Task AwayAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsJsonAsync(new { code = ProblemCodes.NoQuorum, detail = "away" });
    }

    private CoordinationAnswer ApplyLocked(CoordinationCommand command, string? traceParent)
    {
        var stamp = new CommandStamp(0, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), traceParent);
        var applied = _state.Apply(new LogIndex(++_index), Term, new StampedCommand(stamp, command));
        _state = applied.State;
        return applied.Answer;
    }

    private void Map()
    {
        _app.MapGet(ConsensusRoutes.Snapshot, () => PaperAnswers.Of(_state, LayoutProblem));
        _app.MapPost(ConsensusRoutes.Sessions, (OpenSessionRequest request) => Answer(Apply(CommandOf(request))));
        _app.MapPost("/v1/sessions/{id}/keepalive", (string id) => KeepAlive(SessionId.Parse(id)));
        _app.MapPost("/v1/sessions/{id}/advance", (string id) =>
            Answer(Apply(new CoordinationCommand.AdvanceSession(SessionId.Parse(id)))));
        _app.MapDelete("/v1/sessions/{id}", (string id) =>
            Answer(Apply(new CoordinationCommand.CloseSession(SessionId.Parse(id)))));
        _app.MapPost("/v1/elections/{name}/campaign", (string name, CampaignRequest by) =>
            Answer(Apply(new CoordinationCommand.Campaign(ElectionOf(name), SessionId.Parse(by.Session)))));
        _app.MapPost("/v1/elections/{name}/advance", (string name, CampaignRequest by) =>
            Answer(Apply(new CoordinationCommand.AdvanceElection(ElectionOf(name), SessionId.Parse(by.Session)))));
        _app.MapPut("/v1/definitions/{key}", PutAsync);
        _app.MapGet("/v1/definitions/{key}", (string key) => DefinitionOf(Uri.UnescapeDataString(key)));
        _app.MapPost(ConsensusRoutes.DirectoryLost, (DirectoryLostRequest lost) => Answer(Apply(CommandOf(lost))));
    }

    private async Task<IResult> PutAsync(string key, HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var onlyIfAbsent = context.Request.Headers.ContainsKey(ConsensusRoutes.OnlyIfAbsentHeader);
        return Answer(Apply(new CoordinationCommand.PutDefinition(
            new DefinitionKey(Uri.UnescapeDataString(key)), await reader.ReadToEndAsync(), onlyIfAbsent)));
    }

    private IResult DefinitionOf(string key) =>
        _state.Definitions.TryGetValue(key, out var definition)
            ? Results.Ok(PaperAnswers.Of(definition))
            : Refuse(ProblemCodes.NotFound, StatusCodes.Status404NotFound);

    private IResult KeepAlive(SessionId session) => _state.Sessions.GetValueOrDefault(session) switch
    {
        { Standing: SessionStanding.Live } live => Results.Ok(PaperAnswers.Of(live)),
        { Standing: SessionStanding.Revoked } => Refuse(ProblemCodes.SessionRevoked, StatusCodes.Status409Conflict),
        _ => Refuse(ProblemCodes.SessionEnded, StatusCodes.Status410Gone),
    };

    private IResult Answer(CoordinationAnswer answer) => answer switch
    {
        CoordinationAnswer.SessionState session => Results.Ok(PaperAnswers.Of(session.Session)),
        CoordinationAnswer.ElectionState election => Results.Ok(PaperAnswers.Of(_state, election.Election)),
        CoordinationAnswer.DefinitionState definition => Results.Ok(PaperAnswers.Of(definition.Definition)),
        CoordinationAnswer.LossState lost => Results.Ok(PaperAnswers.Of(lost.Loss)),
        CoordinationAnswer.Done => Results.Ok(),
        CoordinationAnswer.Refused refused => Refuse(CodeOf(refused.Code), StatusCodes.Status409Conflict),
        _ => throw new InvariantViolatedException(answer.ToString()),
    };

    private static IResult Refuse(string code, int status) => Results.Json(
        new { code, detail = code }, statusCode: status, contentType: "application/problem+json");

    private static string CodeOf(RefusalCode code) => code switch
    {
        RefusalCode.UnknownSession => ProblemCodes.SessionUnknown,
        RefusalCode.SessionRevoked => ProblemCodes.SessionRevoked,
        RefusalCode.SessionEnded => ProblemCodes.SessionEnded,
        RefusalCode.GenerationFenced => ProblemCodes.NodeFenced,
        RefusalCode.NotHolder => ProblemCodes.NotHolder,
        RefusalCode.DefinitionExists => ProblemCodes.AlreadyExists,
        _ => ProblemCodes.InvalidRequest,
    };

    private static ElectionName ElectionOf(string name) => new(Uri.UnescapeDataString(name));

    private static CoordinationCommand.DirectoryLost CommandOf(DirectoryLostRequest lost) => new(
        new LostMemory(lost.Shard, lost.Gen, lost.Seq, lost.Run),
        Enum.Parse<LossEvidence>(lost.Evidence ?? "gen", ignoreCase: true));

    private static CoordinationCommand.OpenSession CommandOf(OpenSessionRequest request) => new(
        new ClusterId(request.Cluster),
        request.Node is { } node ? new Residence(new NodeId(node), new Generation(request.Generation!.Value)) : null,
        request.Ttl,
        request.Name,
        request.Agent ?? false);
}
