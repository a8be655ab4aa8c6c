using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Leading;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;

namespace Holdfast.Consensus.Service.Http;

/// <summary><c>/v1/fence</c> and <c>/v1/fences/{node}</c>: evidence becomes fact here, or is contradicted.</summary>
internal static class FenceEndpoints
{
    public static void MapFences(this IEndpointRouteBuilder app)
    {
        app.MapPost(ConsensusRoutes.Fence, FenceAsync);
        app.MapGet("/v1/fences/{node}", ShowAsync);
    }

    private static async Task<IResult> FenceAsync(
        HttpContext context,
        FenceRequest request,
        LeaderGate gate,
        SessionKeeper keeper,
        LinkAlarms alarms,
        ILogger<CoordinationCommand.FenceNode> logger)
    {
        var fence = RequestRules.Read(request);

        // Only who certainly leads knows the keep-alives; another voter's ignorance would look like silence.
        if (await gate.ConfirmAsync(context) is { } notLeading) return notLeading;
        switch (keeper.Judge(fence))
        {
            case FenceJudgement.Retry retry:
                return Answered(fence, Answers.NotFenced(fence, "retry", null, retry.RetryAfter));
            case FenceJudgement.Refuse refuse:
                Log.FenceRefused(
                    logger, request.Node, request.Generation, (long)refuse.KeptAliveAgo.TotalMilliseconds);
                alarms.Raise(fence, refuse.KeptAliveAgo, LeaderGate.TraceOf(context));
                return Answered(fence, Answers.NotFenced(fence, "refused", refuse.KeptAliveAgo, refuse.RetryAfter));
            default:
                return await gate.ChangeAsync(
                    context, fence, answer => Fenced(logger, fence, (CoordinationAnswer.FenceState)answer));
        }
    }

    private static IResult Fenced(
        ILogger logger, CoordinationCommand.FenceNode wanted, CoordinationAnswer.FenceState answer)
    {
        if (answer is { New: true, IsRepeated: false, Fence: var fence })
        {
            Log.Fenced(
                logger,
                fence.Node.Value,
                fence.Generation.Value,
                Words.Of(fence.Cause),
                fence.Token.ToString(),
                fence.RevokedSessions);
        }

        return Answered(wanted, Answers.Of(answer.Fence));
    }

    private static IResult Answered(CoordinationCommand.FenceNode fence, FenceAnswer answer)
    {
        Telemetry.Fences.Add(1, new("cause", Words.Of(fence.Cause)), new("outcome", answer.Outcome));
        return Results.Ok(answer);
    }

    private static Task<IResult> ShowAsync(HttpContext context, string node, LeaderGate gate)
    {
        var wanted = RequestRules.NodeOf("node", node);
        return gate.ReadAsync(context, state => state.Nodes.GetValueOrDefault(wanted)?.Fence is { } fence
            ? Results.Ok(Answers.Of(fence))
            : Problem.NotFound($"{node} was never fenced."));
    }
}
