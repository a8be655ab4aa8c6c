using Holdfast.Contracts.Http;
using Holdfast.Handoff.Service.Daemons;
using Holdfast.Hosting;

namespace Holdfast.Handoff.Service.Http;

/// <summary>The HTTP surface of a supervisor. Reading is open; a handoff and an abort want a bearer token.</summary>
internal static class DaemonEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/daemons", (DaemonHost host) => Results.Ok(host.All()));
        app.MapGet("/v1/daemons/{name}", Daemon);
        app.MapPost("/v1/daemons/{name}/handoff", HandOverAsync);
        app.MapPost("/v1/daemons/{name}/abort", AbortAsync);
        app.MapGet("/v1/handoffs/{id}", Handoff);
    }

    private static IResult Daemon(string name, DaemonHost host) =>
        host.Find(name) is { } keeper ? Results.Ok(keeper.Answer) : Unknown(name);

    private static async Task<IResult> HandOverAsync(
        string name, HandoffRequest request, HandoffDesk desk, DaemonHost host, CancellationToken cancel)
    {
        var outcome = await desk.HandOverAsync(name, request.Build, Guid.NewGuid(), cancel);
        if (outcome.Code is not null) return Refused(outcome);
        var id = outcome.Handoff!.Value.Value;
        return Results.Accepted($"/v1/handoffs/{id}", host.Handoff(id));
    }

    private static async Task<IResult> AbortAsync(
        string name, AbortRequest? request, HandoffDesk desk, DaemonHost host, CancellationToken cancel)
    {
        var outcome = await desk.AbortAsync(name, request?.Reason ?? "asked", cancel);
        return outcome.Code is not null ? Refused(outcome) : Results.Ok(host.Handoff(outcome.Handoff!.Value.Value));
    }

    private static IResult Handoff(string id, DaemonHost host)
    {
        if (!Guid.TryParse(id, out var known)) return Problem.Invalid($"'{id}' is not a handoff id: a UUID is wanted.");
        return host.Handoff(known) is { } handoff
            ? Results.Ok(handoff)
            : Problem.NotFound($"No handoff {id} is remembered; only those of this life of the supervisor are.");
    }

    private static IResult Refused(DeskOutcome outcome) => outcome.Code switch
    {
        ProblemCodes.NotFound => Problem.NotFound(outcome.Detail),
        ProblemCodes.InvalidRequest => Problem.Invalid(outcome.Detail),
        _ => Problem.Answer(
            StatusCodes.Status409Conflict, outcome.Code!, outcome.Detail, ("handoff", outcome.Handoff?.ToString())),
    };

    private static IResult Unknown(string name) => Problem.NotFound($"No daemon '{name}' is configured here.");
}
