using Holdfast.Contracts.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Hosting;

/// <summary>
/// <c>/livez</c>: the process answers. <c>/startupz</c>: its host has started. <c>/readyz</c>: nothing it depends on
/// is missing, else 503 with what it waits for; warnings beside it make nothing unready. <c>/snapshot</c>: its state.
/// All open, none counted as requests.
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
        var all = checks.ToList();
        var waitsFor = Findings(all, check => check.WaitsFor());
        var warnings = Findings(all, check => check.Warning());
        var answer = new ReadinessAnswer
        {
            Service = service,
            Ready = waitsFor.Count == 0,
            WaitsFor = waitsFor,
            Warnings = warnings,
        };
        return Json(answer, answer.Ready);
    }

    private static List<ReadinessFinding> Findings(List<IReadinessCheck> checks, Func<IReadinessCheck, string?> find) =>
    [
        .. checks.Select(check => (check.Name, Reason: find(check)))
            .Where(check => check.Reason is not null)
            .Select(check => new ReadinessFinding { Name = check.Name, Reason = check.Reason! }),
    ];

    private static IResult Json<T>(T answer, bool well) => Results.Json(
        answer, statusCode: well ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);

    private sealed record Liveness(string Service, bool Live);

    private sealed record Startup(string Service, bool Started);
}
