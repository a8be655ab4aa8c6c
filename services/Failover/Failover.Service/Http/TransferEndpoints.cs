using Holdfast.Contracts.Http;
using Holdfast.Failover.Service.Events;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service.Http;

/// <summary><c>/v1/transfers</c>: asking owners for their grains, and seeing them go.</summary>
internal static class TransferEndpoints
{
    public static void MapTransfers(this IEndpointRouteBuilder app)
    {
        app.MapPost(
            FailoverRoutes.Transfers,
            (GrainTransferRequest request, TransferDesk desk, CancellationToken cancel) =>
                desk.BeginAsync(request, cancel))
            .RequireOperator();
        app.MapGet(FailoverRoutes.Transfers, (TransferDesk desk) => Results.Ok(desk.All()));
        app.MapGet($"{FailoverRoutes.Transfers}/{{id}}", Find);
    }

    private static IResult Find(string id, TransferDesk desk) => desk.Find(id) is { } answer
        ? Results.Ok(answer)
        : Problem.NotFound($"This Failover knows no transfer {id}.");
}
