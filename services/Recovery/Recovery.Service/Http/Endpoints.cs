using Holdfast.Contracts.Http;
using Holdfast.Recovery.Service.Loop;

namespace Holdfast.Recovery.Service.Http;

/// <summary><c>/v1/groups</c>, <c>/v1/slots</c>, <c>/v1/plan</c> and the syncs of hosts.</summary>
internal static class Endpoints
{
    public static void MapGroups(this IEndpointRouteBuilder app)
    {
        app.MapGet(RecoveryRoutes.Groups, (RecoveryLoop loop) => Results.Ok(RecoveryAnswers.Groups(loop.View())));
        app.MapGet("/v1/slots", (RecoveryLoop loop, bool stuck = false) =>
            Results.Ok(RecoveryAnswers.Slots(loop.View(), stuck)));
        app.MapGet("/v1/plan", (RecoveryLoop loop) => Results.Ok(RecoveryAnswers.Plan(loop.Plan())));
    }

    public static void MapHosts(this IEndpointRouteBuilder app) => app.MapPost(
        "/v1/hosts/{node}/sync",
        (string node, SlotHostSync sync, SyncDesk desk, CancellationToken cancel) =>
            desk.SyncAsync(node, sync, cancel));
}
