using System.Collections.Concurrent;
using System.Diagnostics;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests;

/// <summary>Whole failovers, on everything real but Raft and the processes that die.</summary>
public sealed class FailoverTests
{
    /// <summary>The default of <c>Failover:ShardsInFlightMax</c>, half of the shards.</summary>
    private const int InFlightMax = 4;

    private const string Conviction = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public async Task A_dead_clusters_grains_move_and_the_story_is_told_in_one_trace()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(100);

        world.Consensus.Fence("e1", "east", Conviction);
        var started = await world.Heard.WaitForAsync<FailoverStarted>("after the grace");
        var completed = await world.Heard.WaitForAsync<FailoverCompleted>("after the sweep");

        (await world.CountAsync(grains, "west")).ShouldBe(100);
        completed.Promoted.ShouldBe(100);
        completed.Stranded.ShouldBe(0);
        started.FencedNodes.ShouldBe(["e1"]);
        started.Subject.ShouldBe("failover/west/east");
        string.CompareOrdinal(started.Sequence, completed.Sequence).ShouldBeLessThan(0);
        world.Heard.All.Where(heard => heard.Event is not GrainClaimed)
            .Select(heard => heard.TraceParent![3..35]).Distinct().ShouldBe([Conviction[3..35]]);
        await Until.PhaseAsync(failover, "east", "promoted");
    }

    [Fact]
    public async Task Every_promotion_reaches_the_bus_in_the_order_of_its_shard_with_the_trace_of_the_conviction()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        await world.OwnAsync(6_000);
        world.Consensus.Fence("e1", "east", Conviction);
        await world.Heard.UntilAsync("promotion of 6,000 grains", heard => GrainsIn(heard).Count() >= 6_000);

        GrainsIn(world.Heard.All).Distinct().Count().ShouldBe(6_000);
        var promotions = world.Heard.All.Where(heard => heard.Event is GrainPromoted).ToArray();
        promotions.Length.ShouldBeGreaterThan(world.Embedded.Shards);
        promotions.Select(heard => heard.TraceParent![3..35]).Distinct().ShouldBe([Conviction[3..35]]);
        foreach (var shard in promotions.GroupBy(heard => heard.Event.Subject))
        {
            shard.Select(heard => heard.Event.Sequence)
                .ShouldBeInOrder(SortDirection.Ascending, StringComparer.Ordinal);
        }
    }

    [Fact]
    public async Task The_sweeps_span_is_a_child_of_the_last_conviction_and_links_the_others()
    {
        const string earlier = "00-11111111111111111111111111111111-2222222222222222-01";
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Holdfast.Failover",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var world = await IncidentWorld.StartAsync();
        world.Consensus.Live("s1", "south");
        world.Consensus.Live("s2", "south");
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        world.Consensus.Fence("s1", "south", earlier);
        world.Consensus.Fence("s2", "south", Conviction);
        await world.Heard.WaitForAsync<FailoverCompleted>("of south");

        // Tests beside this one lose a cluster of the same name, under convictions of their own.
        var sweep = spans.Single(span =>
            span.OperationName == "failover of south" && span.ParentId == Conviction);
        sweep.Links.Single().Context.TraceId.ToString().ShouldBe(earlier[3..35]);
        spans.Where(span => span.OperationName == "promote").ShouldContain(span => span.ParentId == sweep.Id);
    }

    [Fact]
    public async Task A_node_that_comes_back_during_the_sweep_cancels_it()
    {
        await using var world = await IncidentWorld.StartAsync();
        world.Consensus.Live("n1", "north");
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(200);
        var isHeld = new TaskCompletionSource();
        var holding = world.Directory.HoldAsync(InFlightMax, isHeld.Task);

        world.Consensus.Fence("e1", "east");
        var sent = (await holding).Select(call => call.Shard).ToHashSet();
        world.Consensus.Live("e1", "east", generation: 2);
        var cancelled = await world.Heard.WaitForAsync<FailoverCancelled>("once e1 is back");
        (cancelled.Reason, cancelled.Promoted).ShouldBe(("peerAlive", 0));

        // The calls that were out are delivered now. Then another cluster is swept under a newer token: every shard has
        // a turn, and what was not begun for east by then never is.
        isHeld.SetResult();
        world.Consensus.Fence("n1", "north");
        await world.Heard.WaitForAsync<FailoverCompleted>("of north", done => done.FailedCluster == "north");
        await Until.PhaseAsync(failover, "east", "monitoring");
        world.Directory.Promotions.Where(call => call.From.Value == "east").Select(call => call.Shard)
            .ShouldBeSubsetOf(sent);
        var untouched = grains.Where(grain => !sent.Contains(GrainShard.Of(grain, IncidentWorld.Shards))).ToArray();
        untouched.ShouldNotBeEmpty();
        (await world.CountAsync(untouched, "east")).ShouldBe(untouched.Length);
    }

    [Fact]
    public async Task Of_two_instances_one_acts_and_the_other_takes_over_when_its_session_ends()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var first = await world.FailoverAsync("w1", "west");
        using var second = await world.FailoverAsync("w2", "west");
        await Until.IsReadyAsync(first);
        await Until.IsReadyAsync(second);
        var grains = await world.OwnAsync(300);
        var isHeld = new TaskCompletionSource();
        world.Directory.BeforePromote(call => call.Shard == 1 ? isHeld.Task : Task.CompletedTask);

        world.Consensus.Fence("e1", "east");
        await world.Heard.WaitForAsync<FailoverStarted>("from the first holder");
        world.Consensus.ExpireHolder("failover/west");
        var cancelled = await world.Heard.WaitForAsync<FailoverCancelled>("from the holder that lost the election");
        cancelled.Reason.ShouldBe("electionLost");
        isHeld.SetResult();

        var completed = await world.Heard.WaitForAsync<FailoverCompleted>("from its successor");
        string.CompareOrdinal(completed.Token, cancelled.Token).ShouldBeGreaterThan(0);
        (await world.CountAsync(grains, "west")).ShouldBe(300);
    }

    [Fact]
    public async Task A_call_that_is_under_way_is_given_up_when_the_lease_ends()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        await world.OwnAsync(20);
        var never = new TaskCompletionSource();
        world.Directory.BeforePromote(_ => never.Task);
        world.Consensus.Fence("e1", "east");
        await world.Heard.WaitForAsync<FailoverStarted>("after the grace");

        world.Consensus.ExpireHolder("failover/west");
        var givenUp = await world.Directory.GivenUp.WaitAsync(
            TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        givenUp.From.Value.ShouldBe("east");
    }

    [Fact]
    public async Task A_stop_in_mid_sweep_is_heeded_at_once_and_the_next_instance_finishes_the_sweep()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var first = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(first);
        var grains = await world.OwnAsync(40);
        var never = new TaskCompletionSource();
        var held = new TaskCompletionSource();
        world.Directory.BeforePromote(_ =>
        {
            held.TrySetResult();
            return never.Task;
        });
        world.Consensus.Fence("e1", "east", Conviction);
        await held.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        await world.ShutDownFailoverAsync("w1").WaitAsync(
            TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        (await world.CountAsync(grains, "east")).ShouldBe(40);

        world.Directory.BeforePromote(null);
        world.Consensus.Live("w2", "west");
        using var second = await world.FailoverAsync("w2", "west");
        (await world.Heard.WaitForAsync<FailoverCompleted>("by the second")).Promoted.ShouldBe(40);
        (await world.CountAsync(grains, "west")).ShouldBe(40);
        await world.Heard.UntilAsync("every promotion", heard => heard
            .Select(one => one.Event).OfType<GrainPromoted>().Sum(promoted => promoted.Grains.Count) == 40);
        var told = world.Heard.All.Where(heard => heard.Event is FailoverStarted or FailoverCompleted or GrainPromoted);
        told.Count(heard => heard.Event is FailoverStarted).ShouldBe(2, "each of them began");
        told.Select(heard => heard.TraceParent![3..35]).Distinct().ShouldBe([Conviction[3..35]]);
    }

    [Fact]
    public async Task The_directory_goes_away_in_the_middle_of_a_sweep_and_the_sweep_goes_on_when_it_is_back()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(400);
        var calls = 0;
        world.Directory.BeforePromote(_ =>
        {
            if (Interlocked.Increment(ref calls) == 3) world.Directory.IsOut = true;
            return Task.CompletedTask;
        });

        world.Consensus.Fence("e1", "east");
        await Until.HoldsAsync(
            failover,
            "/v1/clusters",
            answer => answer.GetProperty("troubledShards").GetArrayLength() > 4,
            "trouble on the shards");
        world.Heard.All.Select(heard => heard.Event).OfType<FailoverCompleted>().ShouldBeEmpty();

        world.Directory.IsOut = false;
        var completed = await world.Heard.WaitForAsync<FailoverCompleted>("after the outage");
        completed.Promoted.ShouldBe(400);
        completed.Failed.ShouldBeGreaterThan(0);
        (await world.CountAsync(grains, "west")).ShouldBe(400);
    }

    [Fact]
    public async Task Ten_thousand_grains_move_while_a_shard_is_silent_and_another_cluster_is_watched()
    {
        await using var world = await IncidentWorld.StartAsync();
        world.Consensus.Live("n1", "north");
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(10_000);
        world.Directory.Silence(5);
        var isHeld = new TaskCompletionSource();
        var holding = world.Directory.HoldAsync(InFlightMax, isHeld.Task);

        // All places are taken, by calls that do not end.
        world.Consensus.Fence("e1", "east");
        await holding;
        world.Consensus.Fence("n1", "north");
        await world.Heard.WaitForAsync<FailoverStarted>(
            "of north, east being held up", started => started.FailedCluster == "north");
        world.Directory.InFlightMost.ShouldBe(InFlightMax);

        isHeld.SetResult();
        world.Directory.Heal(5);
        var completed = await world.Heard.WaitForAsync<FailoverCompleted>(
            "of east", completed => completed.FailedCluster == "east");
        completed.Promoted.ShouldBe(10_000);
        (await world.CountAsync(grains, "west")).ShouldBe(10_000);
        world.Directory.InFlightMost.ShouldBe(InFlightMax, "never more at once");
    }

    [Fact]
    public async Task A_stale_owners_claim_and_release_are_refused_after_the_failover()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var old = world.Consensus.Open("e1", "east");
        var grain = new GrainId("order", "stale");
        var cancel = TestContext.Current.CancellationToken;
        var claimed = await world.Embedded.ClaimAsync([new(grain)], new ClusterId("east"), old.Id, old.Token, cancel);
        world.Consensus.Fence("e1", "east");
        await world.Heard.WaitForAsync<FailoverCompleted>("after the sweep");

        var again = await world.Embedded.ClaimAsync([new(grain)], new ClusterId("east"), old.Id, old.Token, cancel);
        var released = await world.Embedded.ReleaseAsync([new(grain, claimed[0].Record!.Epoch)], old.Id, cancel);

        again[0].Status.ShouldBe(DirectoryStatus.LostRace);
        released[0].Status.ShouldBe(DirectoryStatus.NotOwner);
    }

    private static IEnumerable<string> GrainsIn(IEnumerable<HeardEvent> heard) => heard
        .Select(one => one.Event).OfType<GrainPromoted>()
        .SelectMany(promoted => promoted.Grains.Select(grain => $"{grain.Type}/{grain.Key}"));
}
