using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Service.Events;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service.Http;

/// <summary><c>/v1/clusters</c>, <c>/v1/pause</c> and <c>/v1/resume</c>.</summary>
internal static class ClusterEndpoints
{
    public static void MapClusters(this IEndpointRouteBuilder app)
    {
        app.MapGet(
            FailoverRoutes.Clusters,
            (ISnapshotSource source) => Results.Ok(((FailoverSnapshot)source).Describe()));
        app.MapPost(FailoverRoutes.Pause, PauseAsync);
        app.MapPost(FailoverRoutes.Resume, ResumeAsync);
    }

    private static async Task<IResult> PauseAsync(PauseRequest request, PauseDesk desk, CancellationToken cancel) =>
        ResultOf(await desk.PauseAsync(
            new PauseFailover { CommandId = Guid.NewGuid(), ClusterId = request.Cluster, Reason = request.Reason },
            cancel));

    private static async Task<IResult> ResumeAsync(ResumeRequest request, PauseDesk desk, CancellationToken cancel) =>
        ResultOf(await desk.ResumeAsync(
            new ResumeFailover { CommandId = Guid.NewGuid(), ClusterId = request.Cluster }, cancel));

    private static IResult ResultOf(ICommandAnswer answer) => answer switch
    {
        CommandAccepted accepted => Results.Ok(accepted),
        CommandRefused { Code: ProblemCodes.NoQuorum } refused => Problem.Answer(
            StatusCodes.Status503ServiceUnavailable, ProblemCodes.NoQuorum, $"{refused.Detail} {refused.Legal}"),
        CommandRefused refused => Problem.Answer(
            StatusCodes.Status400BadRequest,
            ProblemCodes.InvalidRequest,
            $"{refused.Detail} Legal is: {refused.Legal}"),
        _ => throw new Primitives.InvariantViolatedException(answer.ToString()!),
    };
}
