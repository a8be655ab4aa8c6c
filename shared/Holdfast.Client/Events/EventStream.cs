using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Holdfast.Contracts;

namespace Holdfast.Client;

/// <summary>An event as a Standalone process streams it.</summary>
/// <param name="Type">The name of the record in the contracts, for instance <c>GrainPromoted</c>.</param>
/// <param name="Json">The event, as on the bus.</param>
/// <param name="TraceParent">The W3C trace context that caused it; null where there was none.</param>
/// <param name="Position">The place in this stream, to go on after it.</param>
public sealed record StreamedEvent(string Type, string Json, string? TraceParent, string Position)
{
    /// <summary>Reads it as <typeparamref name="T"/>; null where it is of another type.</summary>
    /// <exception cref="JsonException">The event lacks what the record demands.</exception>
    public T? As<T>()
        where T : class, IEvent =>
        Type == typeof(T).Name ? JsonSerializer.Deserialize<T>(Json, EndpointTransport.Json) : null;
}

/// <summary>
/// Reads <c>GET /v1/events</c> of a Standalone process (server-sent events), for programs that have no broker. It
/// reconnects by itself and goes on after the last event it saw; what the process forgot in the meantime is missed, as
/// events are hints and snapshots the truth.
/// </summary>
/// <param name="http">Has the address of the process as its base; a deadline on it must be infinite.</param>
/// <param name="tokenFile">A file with the bearer token, where the process wants one.</param>
public sealed class EventStream(HttpClient http, string? tokenFile = null)
{
    /// <summary>Where the stream is.</summary>
    public const string Path = "/v1/events";

    /// <summary>The member of the stream's data that carries the trace context.</summary>
    public const string TraceParentMember = "traceParent";

    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);
    private readonly BearerTokenFile _bearer = new(tokenFile);
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the first connection stands; what is published after that is not missed.</summary>
    public Task Connected => _connected.Task;

    /// <summary>All events from now on, or from after <paramref name="position"/>, until cancelled.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async IAsyncEnumerable<StreamedEvent> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancel, string? position = null)
    {
        var pause = PauseMin;
        while (true)
        {
            await using var connection = ConnectAsync(position, cancel).GetAsyncEnumerator(cancel);
            while (await TryMoveNextAsync(connection))
            {
                pause = PauseMin;
                position = connection.Current.Position;
                yield return connection.Current;
            }

            await Task.Delay(pause, cancel);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, PauseMax.Ticks));
        }
    }

    /// <summary>
    /// False when the connection is over, in order or not: then the next one goes on where this one ended.
    /// </summary>
    private static async Task<bool> TryMoveNextAsync(IAsyncEnumerator<StreamedEvent> connection)
    {
        try
        {
            return await connection.MoveNextAsync();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            Telemetry.StreamsBroken.Add(1);
            return false;
        }
    }

    private async IAsyncEnumerable<StreamedEvent> ConnectAsync(
        string? position, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (position is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", position);
        if (_bearer.Read() is { } bearer)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        response.EnsureSuccessStatusCode();
        _connected.TrySetResult();
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancel))
            yield return Decode(item);
    }

    /// <summary>The data is the event itself, with one member more: its trace context.</summary>
    private static StreamedEvent Decode(SseItem<string> item)
    {
        using var document = JsonDocument.Parse(item.Data);
        var traceParent = document.RootElement.TryGetProperty(TraceParentMember, out var member)
            ? member.GetString()
            : null;
        return new StreamedEvent(item.EventType, item.Data, traceParent, item.EventId ?? "");
    }
}
