using System.Collections.Concurrent;
using System.Diagnostics;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Events;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests;

public sealed class SweepTracesTests
{
    private const string Conviction = "00-33333333333333333333333333333333-4444444444444444-01";

    [Fact]
    public void Sweeps_that_overlap_are_no_children_of_each_other_and_leave_the_current_span_alone()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Holdfast.Failover",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var outer = new Activity("the loop").Start();
        var traces = new SweepTraces();

        traces.Start(IncidentOf("first", Conviction));
        Activity.Current.ShouldBe(outer);
        traces.Start(IncidentOf("second", null));
        Activity.Current.ShouldBe(outer);
        traces.End(new ClusterId("first"), "completed");
        Activity.Current.ShouldBe(outer);
        traces.End(new ClusterId("second"), "completed");
        Activity.Current.ShouldBe(outer);

        spans.Single(span => span.OperationName == "failover of first").ParentId.ShouldBe(Conviction);
        spans.Single(span => span.OperationName == "failover of second").ParentId.ShouldBeNull();
    }

    private static Incident IncidentOf(string cluster, string? traceParent)
    {
        var fence = new Fence(
            new Generation(1), Token.Mint(0, 7), FenceCause.Silence, Instant.Zero, [], traceParent);
        var failed = new ClusterId(cluster);
        return new Incident
        {
            Cluster = failed,
            Fenced = [new NodeFacts(new NodeId(cluster), failed, new Generation(1), Live: false, fence)],
            Decisive = fence,
            Since = Instant.Zero,
            DueAt = Instant.Zero,
        };
    }
}
