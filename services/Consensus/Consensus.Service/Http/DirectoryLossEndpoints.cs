using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Microsoft.AspNetCore.Http.Metadata;

namespace Holdfast.Consensus.Service.Http;

/// <summary><c>/v1/directory-lost</c>: that a shard forgot something becomes a fact, and its token the floor.</summary>
internal static class DirectoryLossEndpoints
{
    public static void MapDirectoryLosses(this IEndpointRouteBuilder app) =>
        app.MapPost(ConsensusRoutes.DirectoryLost, LostAsync).WithMetadata(new BodyBound());

    private static async Task<IResult> LostAsync(
        HttpContext context,
        DirectoryLostRequest request,
        LeaderGate gate,
        CoordinationMachine machine,
        LossReports reports,
        ILogger<CoordinationCommand.DirectoryLost> logger)
    {
        var command = RequestRules.Read(request);
        if (machine.Current.FindLoss(command.Memory) is not null)
        {
            // Known already, which needs no entry. It is forgotten again after others of its shard.
            if (await gate.ConfirmAsync(context) is { } unconfirmed) return unconfirmed;
            if (machine.Current.FindLoss(command.Memory) is { } known) return Results.Ok(Answers.Of(known));
        }

        if (gate.Leads && !reports.TryTake()) return TooMany();
        return await gate.ChangeAsync(context, command, answer => Lost(logger, (CoordinationAnswer.LossState)answer));
    }

    private static IResult TooMany() => Problem.Answer(
        StatusCodes.Status429TooManyRequests,
        ProblemCodes.RateLimited,
        $"The leader takes {LossReports.PerSecondMax} reports of new losses a second; what was not taken is to be " +
        "repeated.");

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

    /// <summary>A report is some 300 bytes, with its longest names.</summary>
    private sealed class BodyBound : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => 4_096;
    }
}
