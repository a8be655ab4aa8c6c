using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts.Http;

namespace Holdfast.Consensus.Service.Http;

/// <summary><c>/v1/directory-lost</c>: that a shard forgot something becomes a fact, and its token the floor.</summary>
internal static class DirectoryLossEndpoints
{
    public static void MapDirectoryLosses(this IEndpointRouteBuilder app) =>
        app.MapPost(ConsensusRoutes.DirectoryLost, LostAsync);

    private static Task<IResult> LostAsync(
        HttpContext context,
        DirectoryLostRequest request,
        LeaderGate gate,
        ILogger<CoordinationCommand.DirectoryLost> logger) => gate.ChangeAsync(
            context, RequestRules.Read(request), answer => Lost(logger, (CoordinationAnswer.LossState)answer));

    private static IResult Lost(ILogger logger, CoordinationAnswer.LossState answer)
    {
        var loss = answer.Loss;
        if (answer is { New: true, IsRepeated: false })
        {
            Log.MemoryLost(
                logger,
                $"{loss.Memory.Shard:x2}",
                loss.Memory.Gen,
                loss.Memory.Seq,
                Words.Of(loss.Evidence),
                loss.Floor.ToString());
        }

        return Results.Ok(Answers.Of(loss));
    }
}
