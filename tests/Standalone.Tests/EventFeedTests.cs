using Holdfast.Contracts;
using Holdfast.Standalone.Hub;

namespace Holdfast.Standalone.Tests;

public sealed class EventFeedTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_goes_on_after_the_position_it_names()
    {
        var feed = new EventFeed();
        for (ulong i = 1; i <= 3; i++) feed.Append(PeerUp(i), traceParent: null);
        var all = await TakeAsync(feed, after: "another-run-0", 3);

        var rest = await TakeAsync(feed, all[0].Position, 2);

        rest.ShouldBe(all.Skip(1));
    }

    [Fact]
    public async Task A_reader_that_names_no_position_hears_what_comes_from_now_on()
    {
        var feed = new EventFeed();
        feed.Append(PeerUp(1), traceParent: null);
        await using var reader = feed.ReadAsync(null, Cancel).GetAsyncEnumerator(Cancel);
        var next = reader.MoveNextAsync();

        const string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        feed.Append(PeerUp(2), trace);

        (await next).ShouldBeTrue();
        reader.Current.Type.ShouldBe("PeerUp");
        reader.Current.Json.ShouldContain("\"generation\":2");
        reader.Current.Json.ShouldContain($"\"traceParent\":\"{trace}\"");
    }

    [Fact]
    public async Task A_reader_that_falls_behind_misses_the_oldest()
    {
        var feed = new EventFeed();
        for (ulong i = 1; i <= 10_000; i++) feed.Append(PeerUp(i), traceParent: null);

        var oldest = (await TakeAsync(feed, after: "another-run-0", 1)).Single();

        oldest.Json.ShouldContain($"\"generation\":{10_000 - 8_192 + 1}");
    }

    private static async Task<List<FeedItem>> TakeAsync(EventFeed feed, string? after, int count)
    {
        var items = new List<FeedItem>();
        await foreach (var item in feed.ReadAsync(after, Cancel))
        {
            items.Add(item);
            if (items.Count == count) break;
        }

        return items;
    }

    private static PeerUp PeerUp(ulong generation) => new()
    {
        EventId = Guid.Empty,
        OccurredAt = DateTime.UnixEpoch,
        Source = "gossip/w1",
        Subject = "peer/east/e1",
        Sequence = EventIdentity.Sequence(generation, 0),
        NodeId = "e1",
        ClusterId = "east",
        Generation = generation,
        Verdict = 0,
        Reason = "new",
    };
}
