using Holdfast.Contracts;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Client.Tests;

public sealed class EventStreamTests
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_broken_stream_goes_on_after_the_last_event_that_was_seen()
    {
        await using var server = await ScriptedVoter.StartAsync((seen, context) =>
            WriteAsync(context, seen.Header("Last-Event-ID") is null ? 1 : 2));
        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };

        var read = new List<StreamedEvent>();
        await foreach (var item in new EventStream(http).ReadAsync(Cancel))
        {
            read.Add(item);
            if (read.Count == 2) break;
        }

        read.Select(item => item.Position).ShouldBe(["1", "2"]);
        read.ShouldAllBe(item => item.TraceParent == Trace);
        read[0].As<PeerUp>()!.NodeId.ShouldBe("e1");
        read[0].As<PeerLeft>().ShouldBeNull();
        server.Requests.Select(seen => seen.Header("Last-Event-ID")).ShouldBe([null, "1"]);
    }

    [Fact]
    public async Task A_server_that_is_not_there_yet_is_waited_for()
    {
        var asked = 0;
        await using var server = await ScriptedVoter.StartAsync((_, context) =>
        {
            if (Interlocked.Increment(ref asked) > 2) return WriteAsync(context, 1);
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };

        await using var events = new EventStream(http).ReadAsync(Cancel).GetAsyncEnumerator(Cancel);

        (await events.MoveNextAsync()).ShouldBeTrue();
        asked.ShouldBe(3);
    }

    private static Task WriteAsync(HttpContext context, int position)
    {
        context.Response.ContentType = "text/event-stream";
        var json = $$"""
            {"eventId":"{{Guid.Empty}}","occurredAt":"2026-01-02T03:04:05Z","source":"gossip/w1",
            "subject":"peer/east/e1","sequence":"1","nodeId":"e1","clusterId":"east","generation":1,"verdict":0,
            "reason":"new","traceParent":"{{Trace}}"}
            """.ReplaceLineEndings("");
        return context.Response.WriteAsync($"id: {position}\nevent: PeerUp\ndata: {json}\n\n", context.RequestAborted);
    }
}
