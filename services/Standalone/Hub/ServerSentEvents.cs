namespace Holdfast.Standalone.Hub;

/// <summary>One event of a stream; none of its parts has a line break.</summary>
internal readonly record struct ServerSentEvent(string Id, string Name, string Data);

/// <summary>Writes server-sent events, with a word now and then in silence.</summary>
internal sealed class ServerSentEvents(HttpResponse response)
{
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(15);

    /// <summary>Sends the head and a comment, so that the reader knows that it is connected.</summary>
    public async Task OpenAsync(string comment, CancellationToken cancel)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        await WriteAsync($": {comment}\n\n", cancel);
    }

    public async Task WriteAsync<T>(
        IAsyncEnumerable<T> source, Func<T, ServerSentEvent> toEvent, CancellationToken cancel)
    {
        await using var items = source.GetAsyncEnumerator(cancel);
        while (true)
        {
            var next = items.MoveNextAsync().AsTask();
            while (await Task.WhenAny(next, Task.Delay(SilenceMax, cancel)) != next)
            {
                // A word now and then shows both sides that the other is there.
                cancel.ThrowIfCancellationRequested();
                await WriteAsync(":\n\n", cancel);
            }

            if (!await next) return;
            var item = toEvent(items.Current);
            await WriteAsync($"id: {item.Id}\nevent: {item.Name}\ndata: {item.Data}\n\n", cancel);
        }
    }

    private async Task WriteAsync(string text, CancellationToken cancel)
    {
        await response.WriteAsync(text, cancel);
        await response.Body.FlushAsync(cancel);
    }
}
