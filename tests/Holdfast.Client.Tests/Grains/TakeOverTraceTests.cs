using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

/// <summary>An incident can be followed into the claims of what was promoted in it.</summary>
public sealed class TakeOverTraceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_claims_of_what_was_promoted_are_a_span_in_the_trace_of_the_promotion_and_their_time_is_told()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var promotion = new Activity("promotion").SetIdFormat(ActivityIdFormat.W3C);
        using var spanListener = Spans(span =>
        {
            if (span.TraceId == promotion.TraceId) spans.Enqueue(span);
        });
        var durations = new ConcurrentQueue<double>();
        using var durationListener = Durations(durations.Enqueue);
        await using var world = await StartAsync();
        var west = await world.KeepAsync(West, Options with { ListInterval = TimeSpan.FromHours(1) });
        await west.Keeper.ClaimAsync([G("held")], Cancel);
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync([G("1"), G("2")], Cancel);
        await world.PromoteToWestAsync(East);

        // Only now: the keepers must not have begun within it.
        promotion.Start();
        west.Keeper.HearPromoted([G("held"), G("1"), G("2")], DateTime.UtcNow - TimeSpan.FromHours(3));

        await UntilAsync("the span of the claims", () => spans.Any(span => span.OperationName == "grains take over"));
        var takeOver = spans.Single(span => span.OperationName == "grains take over");
        takeOver.ParentId.ShouldBe(promotion.Id);
        takeOver.Kind.ShouldBe(ActivityKind.Consumer);
        takeOver.GetTagItem("holdfast.grains").ShouldBe(2);
        takeOver.GetTagItem("holdfast.claimed").ShouldBe(2);

        // Other tests take over beside this one, though nothing that was promoted hours ago.
        await UntilAsync("their time", () => durations.Any(seconds => seconds is > 10_800 and < 11_000));
    }

    private static ActivityListener Spans(Action<Activity> stopped)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Holdfast.Client",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static MeterListener Durations(Action<double> measured)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "holdfast.client.grains.takeover.duration")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => measured(seconds));
        listener.Start();
        return listener;
    }
}
