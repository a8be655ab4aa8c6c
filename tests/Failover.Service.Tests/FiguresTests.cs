using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Processes;

namespace Holdfast.Failover.Service.Tests;

/// <summary>What people see of an incident: the figures and the spans that docs/metrics.md lists.</summary>
[Collection(Alone.Name)]
public sealed class FiguresTests
{
    private const string Meter = "Holdfast.Failover";
    private const string OfEast = "cluster=east";
    private const string OfNoIncident = "holdfast.failover.tombstones.erased";
    private const string Conviction = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_incident_moves_every_figure_that_the_page_lists_with_its_unit_and_its_tags()
    {
        using var figures = new FigureLog(Meter);
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        await world.OwnAsync(100);

        await DieWhilePausedAsync(world, figures);
        world.Consensus.IsAway = true;
        await figures.UntilAsync("holdfast.failover.observations.failed");
        world.Consensus.IsAway = false;
        await ResumeHinderedAsync(world, figures);
        (await world.Heard.WaitForAsync<FailoverCompleted>("after the hindrances")).Promoted.ShouldBe(101);
        await world.OwnAsync(100, "w1", "west");
        await figures.UntilAsync("holdfast.failover.claim", wanted: seconds => seconds >= 0, count: 100);
        world.Embedded.Forget(0);
        foreach (var step in new[] { "Report", "Reopen", "Close" })
            await figures.UntilAsync("holdfast.failover.directory.repairs", $"step={step},outcome=done");

        figures.Of("holdfast.failover.promotions", OfEast).Sum(figure => figure.Value).ShouldBe(101);
        figures.Of("holdfast.failover.lost_races", OfEast).ShouldNotBeEmpty("a grain had a newer token");
        figures.Of("holdfast.failover.lost_races").ShouldNotBeEmpty("a shard had a newer grant");
        foreach (var kind in new[] { "Refused", "Started", "Completed" })
            figures.Of("holdfast.failover.notices", $"kind={kind}").ShouldNotBeEmpty();
        figures.Of("holdfast.failover.stranded", OfEast).ShouldContain(figure => figure.Value > 0);
        figures.Of("holdfast.failover.refused", OfEast)[^1].Value.ShouldBe(0);
        var start = figures.Of("holdfast.failover.start", OfEast)[0].Value;
        start.ShouldBeGreaterThan(0);
        figures.Of("holdfast.failover.duration", OfEast)[0].Value.ShouldBeGreaterThan(start);
        var listed = MetricsPage.Listed("Failover");
        figures.Instruments.Select(one => (one.Name, one.Unit)).Distinct().ShouldBe(listed, ignoreOrder: true);
        figures.All.Select(figure => figure.Name).Append(OfNoIncident).Distinct()
            .ShouldBe(listed.Select(one => one.Name), ignoreOrder: true);
    }

    [Fact]
    public async Task An_incident_and_a_loss_leave_every_span_that_the_page_lists_with_its_tags()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Meter,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var world = await IncidentWorld.StartAsync();
        using var figures = new FigureLog(Meter);
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        await world.OwnAsync(100);
        world.Consensus.Fence("e1", "east", Conviction);
        await world.Heard.WaitForAsync<FailoverCompleted>("after the sweep");
        world.Embedded.Forget(3);
        await figures.UntilAsync("holdfast.failover.directory.repairs", "step=Report,outcome=done");

        var sweep = spans.Single(span => span.OperationName == "failover of east");
        sweep.ParentId.ShouldBe(Conviction);
        sweep.GetTagItem("holdfast.failed").ShouldBe("east");
        sweep.GetTagItem("holdfast.outcome").ShouldBe("completed");
        var calls = spans.Where(span => span.OperationName == "promote").ToArray();
        calls.ShouldAllBe(call => call.ParentId == sweep.Id);
        calls.Select(call => call.GetTagItem("holdfast.shard")).Distinct()
            .ShouldBe(Enumerable.Range(0, IncidentWorld.Shards).Cast<object>(), ignoreOrder: true);
        spans.Where(span => span.OperationName == "failover directory lost")
            .ShouldAllBe(span => (string?)span.GetTagItem("holdfast.shard") == "03");
        spans.Select(span => span.OperationName).Distinct()
            .ShouldBe(["failover of east", "promote", "failover directory lost"], ignoreOrder: true);
    }

    /// <summary>The node's death is known and measured, and automatic failover of its cluster is paused.</summary>
    private static async Task DieWhilePausedAsync(IncidentWorld world, FigureLog figures)
    {
        world.Consensus.Define("pause/failover/east", Pause(true));
        var downAt = DateTime.UtcNow;
        await world.Bus.PublishAsync(NodeEvents.Down(downAt), traceParent: null, Cancel);
        var fence = world.Consensus.Fence("e1", "east", Conviction);
        await world.Bus.PublishAsync(
            NodeEvents.Fenced(downAt + TimeSpan.FromSeconds(1.5), fence.Token.ToString()), traceParent: null, Cancel);

        await figures.UntilAsync("holdfast.failover.detection", OfEast, seconds => seconds == 1.5);
        await figures.UntilAsync("holdfast.failover.refused", OfEast, value => value == 1);
    }

    /// <summary>
    /// The sweep begins, with a shard that is silent, one that somebody else has a newer grant on, and one on which a
    /// grain is claimed for the dead cluster under a newer token.
    /// </summary>
    private static async Task ResumeHinderedAsync(IncidentWorld world, FigureLog figures)
    {
        var hindered = new ConcurrentDictionary<int, bool>();
        var grain = Enumerable.Range(0, 1_000)
            .Select(i => new GrainId("late", i.ToString(CultureInfo.InvariantCulture)))
            .First(one => GrainShard.Of(one, IncidentWorld.Shards) == 0);
        world.Directory.BeforePromote(async call =>
        {
            if (call.From.Value != "east" || !hindered.TryAdd(call.Shard, true)) return;
            var newer = world.Consensus.Open("w1", "west");
            if (call.Shard == 0)
                await world.Embedded.ClaimAsync([new GrainClaim(grain)], call.From, newer.Id, newer.Token, Cancel);
            if (call.Shard == 1)
                await world.Embedded.InstallGrantAsync(1, call.Election, newer.Token, Cancel);
        });
        world.Directory.Silence(5);
        world.Consensus.Define("pause/failover/east", Pause(false));

        await figures.UntilAsync("holdfast.failover.call.failures", "call=InstallGrant");
        world.Directory.Heal(5);
    }

    private static string Pause(bool isOn) => $$"""
        {"paused":{{(isOn ? "true" : "false")}},"at":"2026-03-04T05:06:07Z"}
        """;
}

/// <summary>A meter is one for the whole process, so what others move is not in these figures.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
