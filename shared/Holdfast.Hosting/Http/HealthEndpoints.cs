using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Hosting;

/// <summary>
/// <c>/livez</c>: the process answers. <c>/startupz</c>: its host has started. <c>/readyz</c>: nothing it depends on
/// is missing, else 503 with what it waits for. <c>/snapshot</c>: its state. All open, none counted as requests.
/// </summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app, string service)
    {
        app.MapGet("/livez", () => Results.Ok(new Liveness(service, Live: true))).DisableRateLimiting();
        app.MapGet("/startupz", (IHostApplicationLifetime life) => Json(
            new Startup(service, life.ApplicationStarted.IsCancellationRequested),
            life.ApplicationStarted.IsCancellationRequested)).DisableRateLimiting();
        app.MapGet("/readyz", (IEnumerable<IReadinessCheck> checks) => Ready(service, checks)).DisableRateLimiting();
        app.MapGet("/snapshot", (IEnumerable<ISnapshotSource> sources) => sources.LastOrDefault() is { } source
            ? Results.Ok(source.Snapshot())
            : Problem.NotFound($"{service} keeps no state of its own."));
    }

    private static IResult Ready(string service, IEnumerable<IReadinessCheck> checks)
    {
        Waiting[] waitsFor =
        [
            .. checks.Select(check => (check.Name, Reason: check.WaitsFor()))
                .Where(check => check.Reason is not null)
                .Select(check => new Waiting(check.Name, check.Reason!)),
        ];
        return Json(new Readiness(service, waitsFor.Length == 0, waitsFor), waitsFor.Length == 0);
    }

    private static IResult Json<T>(T answer, bool well) => Results.Json(
        answer, statusCode: well ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);

    private sealed record Liveness(string Service, bool Live);

    private sealed record Startup(string Service, bool Started);

    private sealed record Readiness(string Service, bool Ready, IReadOnlyList<Waiting> WaitsFor);

    private sealed record Waiting(string Name, string Reason);
}
