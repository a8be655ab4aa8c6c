using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Holdfast.Directory.Embedded;
using Holdfast.Directory.Http;
using Holdfast.Directory.Tests.Contract;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests;

public sealed class TelemetryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_is_a_client_span_that_names_operation_status_and_shard()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var root = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        using var listener = Listen(span =>
        {
            if (span.TraceId == root.TraceId) spans.Enqueue(span);
        });
        var directory = new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 1 });

        await directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
        await directory.PromoteAsync(FailoverWest, 20, East);

        spans.Select(span => span.DisplayName).ShouldBe(["directory open", "directory promote"]);
        var promote = spans.Last();
        promote.Kind.ShouldBe(ActivityKind.Client);
        promote.GetTagItem("db.system.name").ShouldBe("embedded");
        promote.GetTagItem("holdfast.directory.operation").ShouldBe("promote");
        promote.GetTagItem("holdfast.directory.status").ShouldBe("grantSuperseded");
        promote.GetTagItem("holdfast.directory.shard").ShouldBe("00");
    }

    [Fact]
    public async Task A_call_without_an_answer_is_a_failed_span_that_names_the_peer()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var root = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        using var listener = Listen(span =>
        {
            if (span.TraceId == root.TraceId) spans.Enqueue(span);
        });
        using var directory = new HttpGrainDirectory(new DirectoryOptions
        {
            Shards = 1,
            Address = new Uri("http://127.0.0.1:1"),
            Deadline = TimeSpan.FromMilliseconds(50),
        });

        await Should.ThrowAsync<DirectoryUnavailableException>(() => directory.ShardAsync(0, Cancel));

        var span = spans.ShouldHaveSingleItem();
        span.Status.ShouldBe(ActivityStatusCode.Error);
        span.GetTagItem("server.address").ShouldBe("127.0.0.1");
        span.GetTagItem("server.port").ShouldBe(1);
        span.GetTagItem("error.type").ShouldBe(nameof(DirectoryUnavailableException));
    }

    [Fact]
    public async Task Calls_are_counted_by_operation_and_status()
    {
        var counted = new ConcurrentQueue<(string?, string?)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "holdfast.directory.calls") self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => counted.Enqueue(
            ((string?)Tag(tags, "holdfast.directory.operation"), (string?)Tag(tags, "holdfast.directory.status"))));
        listener.Start();
        var directory = new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 1 });

        await directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
        await directory.ClaimAsync(G("taken"), East, 11, 11);
        await directory.ClaimAsync([new(G("taken")), new(G("free"))], East, S(12), T(12), Cancel);

        // Other tests run beside this one and are counted too.
        counted.ShouldContain(("claim", "ok"));
        counted.ShouldContain(("claim", "mixed"));
    }

    private static object? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string key)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == key) return tag.Value;
        }

        return null;
    }

    private static ActivityListener Listen(Action<Activity> stopped)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Holdfast.Directory",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
