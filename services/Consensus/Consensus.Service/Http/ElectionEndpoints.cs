using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Http;

/// <summary>
/// <c>/v1/elections</c>. The name of an election is one segment with its '/' encoded (<c>failover%2Feast</c>); written
/// plainly it works too.
/// </summary>
internal static class ElectionEndpoints
{
    public static void MapElections(this IEndpointRouteBuilder app)
    {
        var elections = app.MapGroup("/v1/elections");
        elections.MapPost("{**path}", ChangeAsync);
        elections.MapGet("{**path}", ShowAsync);
        app.MapGet("/v1/tokens/{token}", (HttpContext context, LeaderGate gate, string token) =>
            ShowTokenAsync(context, gate, token, election: null));
    }

    private static Task<IResult> ChangeAsync(
        HttpContext context, string path, CampaignRequest request, LeaderGate gate, CoordinationMachine machine)
    {
        var (name, operation) = SplitLast(path);
        var session = RequestRules.SessionOf(request.Session);
        CoordinationCommand? command = operation switch
        {
            "campaign" => new CoordinationCommand.Campaign(RequestRules.ElectionOf(name), session),
            "resign" => new CoordinationCommand.Resign(RequestRules.ElectionOf(name), session),
            "advance" => new CoordinationCommand.AdvanceElection(RequestRules.ElectionOf(name), session),
            _ => null,
        };
        return command is null
            ? Task.FromResult(Problem.NotFound("An election is asked to campaign, resign or advance."))
            : gate.ChangeAsync(context, command, answer =>
                Results.Ok(Answers.Of(machine.Current, ((CoordinationAnswer.ElectionState)answer).Election)));
    }

    private static Task<IResult> ShowAsync(HttpContext context, string path, LeaderGate gate, ElectionStreams streams)
    {
        var (before, last) = SplitLast(path);
        if (before.Length > 0 && last == "stream")
            return StreamAsync(context, gate, streams, RequestRules.ElectionOf(before));
        if (SplitLast(before) is (var election, "tokens"))
            return ShowTokenAsync(context, gate, last, RequestRules.ElectionOf(election));
        var name = RequestRules.ElectionOf(Decoded(path));
        return gate.ReadAsync(context, state => Show(state, name) is { } answer
            ? Results.Ok(answer)
            : Problem.NotFound($"Nobody has campaigned for {name}."));
    }

    private static Task<IResult> StreamAsync(
        HttpContext context, LeaderGate gate, ElectionStreams streams, ElectionName name) =>
        gate.ReadAtLeaderAsync(context, state =>
        {
            if (Show(state, name) is null) return Problem.NotFound($"Nobody has campaigned for {name}.");
            return streams.IsFull
                ? Problem.Answer(
                    StatusCodes.Status503ServiceUnavailable,
                    ProblemCodes.Overloaded,
                    $"{ElectionStreams.OpenMax} streams are open already; ask again later.")
                : TypedResults.ServerSentEvents(
                    streams.FollowAsync(newer => Show(newer, name), context.RequestAborted), "election");
        });

    private static Task<IResult> ShowTokenAsync(
        HttpContext context, LeaderGate gate, string text, ElectionName? election)
    {
        var token = RequestRules.TokenOf(text);
        return gate.ReadAsync(context, state =>
            state.Find(token) is { } known && (election is null || known.Minted.Election == election)
                ? Results.Ok(Answers.Of(known))
                : Problem.NotFound($"The token {text} is not known{(election is null ? "" : $" in {election}")}."));
    }

    private static ElectionAnswer? Show(CoordinationState state, ElectionName name)
    {
        if (name.Value == Announcement.ConsensusElection)
            return state.Leadership is { } leadership ? Answers.Of(leadership) : null;
        return state.Election(name) is { } election ? Answers.Of(state, election) : null;
    }

    private static (string Before, string Last) SplitLast(string path) =>
        path.LastIndexOf('/') is >= 0 and var at ? (Decoded(path[..at]), path[(at + 1)..]) : ("", path);

    // The server decodes everything but the slash, lest a segment become two.
    private static string Decoded(string path) => path.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
