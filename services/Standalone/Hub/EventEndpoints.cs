using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Hosting;
using Microsoft.AspNetCore.Mvc;

namespace Holdfast.Standalone.Hub;

/// <summary>An event on its way from another process to the bus.</summary>
/// <param name="Type">The name of its record.</param>
/// <param name="TraceParent">The trace that caused it.</param>
/// <param name="Event">The event.</param>
internal sealed record PublishRequest(string? Type, string? TraceParent, JsonElement Event);

/// <summary>
/// The bus for processes that are not in this one: <c>POST /v1/events</c> publishes, answered once the bus has
/// taken it; <c>GET /v1/events</c> streams what is published (server-sent events, resumes by <c>Last-Event-ID</c>).
/// </summary>
internal static class EventEndpoints
{
    public static void MapEvents(this WebApplication app)
    {
        app.MapPost("/v1/events", PublishAsync);
        app.MapGet("/v1/events", StreamAsync);
    }

    private static async Task<IResult> PublishAsync(
        PublishRequest request, IEventPublisher publisher, CancellationToken cancel)
    {
        if (request.Type is null || !EventTypes.ByName.TryGetValue(request.Type, out var type))
        {
            return Problem.Invalid(
                $"'{request.Type}' is not an event; legal are {string.Join(", ", EventTypes.ByName.Keys.Order())}.");
        }

        if (request.Event.ValueKind != JsonValueKind.Object)
            return Problem.Invalid($"Not a {request.Type}: an object is wanted.");
        IEvent message;
        try
        {
            message = (IEvent)request.Event.Deserialize(type, ContractJson.Options)!;
        }
        catch (JsonException e)
        {
            return Problem.Invalid($"Not a {request.Type}: {e.Message}");
        }

        await publisher.PublishAsync(message, request.TraceParent, cancel);
        return Results.Accepted();
    }

    private static async Task StreamAsync(
        HttpContext context,
        EventFeed feed,
        IHostApplicationLifetime life,
        [FromHeader(Name = "Last-Event-ID")] string? after)
    {
        // Without this an open stream would hold up the end of the host.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, life.ApplicationStopping);
        var stream = new ServerSentEvents(context.Response);
        try
        {
            // Read from before the first byte goes out: who is connected misses nothing.
            var items = feed.ReadAsync(after, ending.Token);
            await stream.OpenAsync("the events from now on", ending.Token);
            await stream.WriteAsync(
                items, item => new ServerSentEvent(item.Position, item.Type, item.Json), ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return;
        }
    }
}
