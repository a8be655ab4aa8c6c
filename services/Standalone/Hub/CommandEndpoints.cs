using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;

namespace Holdfast.Standalone.Hub;

/// <summary>
/// Commands for processes that are not in this one: <c>POST /v1/commands</c> sends one and answers with its answer;
/// <c>POST /v1/commands/stations</c> streams the commands of a type to one who answers them (server-sent events), and
/// <c>POST /v1/commands/deliveries/{id}</c> takes each answer. All of them are changes, reading too: it takes a command
/// from the others.
/// </summary>
internal static class CommandEndpoints
{
    public const string Commands = "/v1/commands";
    public const string Stations = "/v1/commands/stations";
    public const string Deliveries = "/v1/commands/deliveries/";

    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(5);

    public static void MapCommands(this WebApplication app)
    {
        app.MapPost(Commands, SendAsync);
        app.MapPost(Stations, StationAsync);
        app.MapPost(Deliveries + "{id:guid}", Answer);
    }

    private static async Task<IResult> SendAsync(CommandRequest request, CommandDesk desk, CancellationToken cancel)
    {
        if (CommandTypes.Problem(request.Type) is { } wrong) return Problem.Invalid(wrong);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        late.CancelAfter(AnswerDeadline);
        try
        {
            var reply = await desk.AskAsync(request.Type!, request.Command, request.TraceParent, late.Token);
            return reply is not null
                ? Results.Json(reply, ContractJson.Options)
                : Unanswered(ProblemCodes.Unanswered, $"No process here answers this {request.Type}.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Unanswered(
                ProblemCodes.ResultUnknown,
                $"Nobody answered {request.Type} within {AnswerDeadline}; it may be carried out yet.");
        }
    }

    private static IResult Unanswered(string code, string detail) =>
        Problem.Answer(StatusCodes.Status503ServiceUnavailable, code, detail);

    private static async Task<IResult> StationAsync(
        StationRequest request, HttpContext context, CommandDesk desk, IHostApplicationLifetime life)
    {
        if (CommandTypes.Problem(request.Type) is { } wrong) return Problem.Invalid(wrong);
        // Without this an open stream would hold up the end of the host.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, life.ApplicationStopping);
        using var station = desk.Open(request.Type!, request.Queue ?? "");
        var stream = new ServerSentEvents(context.Response);
        try
        {
            await stream.OpenAsync("commands from now on", ending.Token);
            await stream.WriteAsync(
                station.ReadAsync(ending.Token),
                delivery => new ServerSentEvent(
                    delivery.Id.ToString(), request.Type!, JsonSerializer.Serialize(delivery, ContractJson.Options)),
                ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return Results.Empty;
        }

        return Results.Empty;
    }

    private static IResult Answer(Guid id, CommandReply reply, CommandDesk desk)
    {
        try
        {
            reply.Read();
        }
        catch (JsonException e)
        {
            return Problem.Invalid(e.Message);
        }

        return desk.Answer(id, reply) ? Results.Accepted() : Problem.NotFound($"Nobody waits for an answer to {id}.");
    }
}
