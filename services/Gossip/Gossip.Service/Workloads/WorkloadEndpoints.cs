using Holdfast.Contracts.Http;
using Holdfast.Gossip.Protocol.Workloads;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service.Workloads;

/// <summary>
/// The processes of this node that somebody wants watched, and their planned silences. Changes want a bearer token.
/// </summary>
internal static class WorkloadEndpoints
{
    private const int ExitCodeMax = 255;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/workloads", (WorkloadDesk desk) => Results.Ok(desk.All()));
        app.MapPut("/v1/workloads/{name}", Watch);
        app.MapDelete("/v1/workloads/{name}", Forget);
        app.MapPost("/v1/workloads/{name}/exit", Exited);
        app.MapPost("/v1/planned-silence", PlanSilence);
    }

    private static IResult Watch(string name, WatchWorkloadRequest request, WorkloadDesk desk)
    {
        if (!WorkloadName.IsLegal(name)) return Illegal(name);
        if (LocalProcess.Find(request.Pid) is not { } process)
        {
            return Problem.Answer(
                StatusCodes.Status409Conflict,
                ProblemCodes.ProcessUnknown,
                $"No process {request.Pid} lives where this agent looks; one of its own pid namespace is wanted.");
        }

        return desk.Watch(new WorkloadName(name), process, request.ReportsExit) is { } answer
            ? Results.Ok(answer)
            : Problem.Answer(
                StatusCodes.Status409Conflict,
                ProblemCodes.LimitReached,
                $"{WorkloadWatch.WorkloadsMax} workloads are watched; that is all there may be.");
    }

    private static IResult Forget(string name, WorkloadDesk desk)
    {
        if (!WorkloadName.IsLegal(name)) return Illegal(name);
        desk.Forget(new WorkloadName(name));
        return Results.NoContent();
    }

    private static IResult Exited(string name, WorkloadExitRequest request, WorkloadDesk desk)
    {
        if (!WorkloadName.IsLegal(name)) return Illegal(name);
        if (request.ExitCode is < 0 or > ExitCodeMax)
            return Problem.Invalid($"The exit code is {request.ExitCode}; 0 to {ExitCodeMax}, or none, is wanted.");
        return desk.Exited(new WorkloadName(name), request.Pid, request.ExitCode)
            ? Results.NoContent()
            : Problem.NotFound($"Process {request.Pid} is not watched here as '{name}', or was told to be gone.");
    }

    private static IResult PlanSilence(PlannedSilenceRequest request, WorkloadDesk desk, TimeProvider time)
    {
        if (!WorkloadName.IsLegal(request.Workload)) return Illegal(request.Workload);
        if (request.Until - time.GetUtcNow() > WorkloadDesk.SilenceMax)
            return Problem.Invalid($"The silence ends at {request.Until:O}; at most an hour from now is wanted.");
        return desk.PlanSilence(new WorkloadName(request.Workload), request.Until) is { } answer
            ? Results.Ok(answer)
            : Problem.NotFound($"No workload '{request.Workload}' is watched here.");
    }

    private static IResult Illegal(string name) => Problem.Invalid(
        $"'{name}' is not a workload name: 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted.");
}
