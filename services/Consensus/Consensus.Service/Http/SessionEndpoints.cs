using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Leading;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;

namespace Holdfast.Consensus.Service.Http;

/// <summary><c>/v1/sessions</c></summary>
internal static class SessionEndpoints
{
    public static void MapSessions(this IEndpointRouteBuilder app)
    {
        var sessions = app.MapGroup(ConsensusRoutes.Sessions);
        sessions.MapPost("", OpenAsync);
        sessions.MapGet("", (HttpContext context, LeaderGate gate) => gate.ReadAsync(context, List));
        sessions.MapGet("{id}", (HttpContext context, LeaderGate gate, string id) => ShowAsync(context, gate, id));
        sessions.MapPost("{id}/keepalive", KeepAliveAsync);
        sessions.MapPost("{id}/advance", (HttpContext context, LeaderGate gate, string id) => gate.ChangeAsync(
            context, new CoordinationCommand.AdvanceSession(RequestRules.SessionOf(id)), Session));
        sessions.MapDelete("{id}", (HttpContext context, LeaderGate gate, string id) => gate.ChangeAsync(
            context, new CoordinationCommand.CloseSession(RequestRules.SessionOf(id)), Session));
    }

    private static Task<IResult> OpenAsync(
        HttpContext context, OpenSessionRequest request, LeaderGate gate, SessionKeeper keeper) =>
        gate.ChangeAsync(context, RequestRules.Read(request), answer =>
        {
            var session = ((CoordinationAnswer.SessionState)answer).Session;
            keeper.Hear(session.Id);
            return Results.Created(ConsensusRoutes.Session(session.Id.ToString()), Answers.Of(session));
        });

    private static Task<IResult> ShowAsync(HttpContext context, LeaderGate gate, string id)
    {
        var wanted = RequestRules.SessionOf(id);
        return gate.ReadAsync(context, state => state.Sessions.TryGetValue(wanted, out var session)
            ? Results.Ok(Answers.Of(session))
            : Refusals.Answer(RefusalCode.UnknownSession, $"No session {id} is remembered."));
    }

    private static async Task<IResult> KeepAliveAsync(
        HttpContext context, string id, LeaderGate gate, SessionKeeper keeper)
    {
        var session = RequestRules.SessionOf(id);
        var kept = await LeaderGate.WithinDeadlineAsync(context, cancel => keeper.KeepAliveAsync(session, cancel)) ??
            new KeepAlive.NotConfirmed();
        Telemetry.KeepAlives.Add(1, new KeyValuePair<string, object?>("outcome", kept.GetType().Name));
        return kept switch
        {
            KeepAlive.Acknowledged acknowledged => Results.Ok(Answers.Of(acknowledged.Session)),
            KeepAlive.Over over => Refusals.Answer(over.Code, $"Session {id} is kept alive no more; open a new one."),
            KeepAlive.Undecided => Problem.Answer(
                StatusCodes.Status503ServiceUnavailable,
                ProblemCodes.ResultUnknown,
                $"Whether session {id} lives is being decided; ask again."),
            _ => gate.NotConfirmed(),
        };
    }

    private static IResult List(CoordinationState state) => Results.Ok(
        state.Sessions.Values.Where(session => session.Standing != SessionStanding.Ended).Select(Answers.Of).ToList());

    private static IResult Session(CoordinationAnswer answer) =>
        Results.Ok(Answers.Of(((CoordinationAnswer.SessionState)answer).Session));
}
