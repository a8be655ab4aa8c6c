using Holdfast.Contracts;
using Holdfast.Failover.Service.Events;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests;

/// <summary>What an agent says of a dead process of its own node, and the grace.</summary>
public sealed class DeathReportTests
{
    private static readonly DateTime Fenced = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_that_falls_silent_after_its_agent_saw_its_process_die_has_no_grace()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:Grace", "01:00:00"));
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(10);

        // A fence has the time of its millisecond's beginning, and what ends in that millisecond came after it.
        var died = DateTime.UtcNow - TimeSpan.FromSeconds(1);
        await world.Bus.PublishAsync(NodeEvents.Death("e1", 1, died), traceParent: null, Cancel);
        world.Consensus.Fence("e1", "east");

        (await world.Heard.WaitForAsync<FailoverStarted>("without a grace")).GraceMs.ShouldBe(0);
        (await world.Heard.WaitForAsync<FailoverCompleted>("after the sweep")).Promoted.ShouldBe(10);
        (await world.CountAsync(grains, "west")).ShouldBe(10);
    }

    [Fact]
    public async Task A_report_that_comes_after_the_fence_ends_the_grace_that_runs()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:Grace", "01:00:00"));
        await Until.IsReadyAsync(failover);
        await world.OwnAsync(10);
        var died = DateTime.UtcNow - TimeSpan.FromSeconds(1);
        world.Consensus.Fence("e1", "east");
        await Until.PhaseAsync(failover, "east", "primaryUnreachable");

        await world.Bus.PublishAsync(NodeEvents.Death("e1", 1, died), traceParent: null, Cancel);

        (await world.Heard.WaitForAsync<FailoverCompleted>("by the late report")).Promoted.ShouldBe(10);
    }

    [Fact]
    public async Task A_dead_process_alone_promotes_nothing()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(10);
        world.Consensus.Live("n1", "north");

        await world.Bus.PublishAsync(NodeEvents.Death("e1", 1, DateTime.UtcNow), traceParent: null, Cancel);
        world.Consensus.Fence("n1", "north");
        await world.Heard.WaitForAsync<FailoverCompleted>("of north, which was looked at later");

        (await world.CountAsync(grains, "east")).ShouldBe(10);
        world.Heard.All.Select(heard => heard.Event).OfType<FailoverStarted>()
            .ShouldAllBe(started => started.FailedCluster == "north");
    }

    [Theory]
    [InlineData("e1", 1, -1, true)]
    [InlineData("e1", 1, -10, true)]
    [InlineData("e1", 1, -11, false)]
    [InlineData("e1", 1, 1, false)]
    [InlineData("e1", 2, -1, false)]
    [InlineData("e2", 1, -1, false)]
    [InlineData("no node", 1, -1, false)]
    public void Only_a_death_in_the_same_boot_and_shortly_before_the_fence_is_believed(
        string node, ulong generation, int seconds, bool isBelieved)
    {
        var reports = new DeathReports();
        reports.Hear(NodeEvents.Death(node, generation, Fenced + TimeSpan.FromSeconds(seconds)));

        reports.Confirm(new NodeId("e1"), 1, Fenced, Window).ShouldBe(isBelieved);
    }

    [Fact]
    public void An_older_report_that_comes_late_takes_nothing_back()
    {
        var reports = new DeathReports();
        reports.Hear(NodeEvents.Death("e1", 1, Fenced - TimeSpan.FromSeconds(1)));
        reports.Hear(NodeEvents.Death("e1", 1, Fenced - TimeSpan.FromHours(1)));

        reports.Confirm(new NodeId("e1"), 1, Fenced, Window).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_death_after_the_fence_takes_the_confirmation_not_back(bool isFenceKnown)
    {
        var reports = new DeathReports();
        reports.Hear(NodeEvents.Death("e1", 1, Fenced - TimeSpan.FromSeconds(1)));
        if (isFenceKnown) reports.Confirm(new NodeId("e1"), 1, Fenced, Window).ShouldBeTrue();

        for (var later = 1; later <= (isFenceKnown ? 100 : 15); later++)
            reports.Hear(NodeEvents.Death("e1", 1, Fenced + TimeSpan.FromSeconds(later)));

        reports.Confirm(new NodeId("e1"), 1, Fenced, Window).ShouldBeTrue();
    }

    [Fact]
    public async Task A_process_that_died_long_before_the_fence_takes_no_grace()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:Grace", "00:00:30"));
        await Until.IsReadyAsync(failover);
        await world.OwnAsync(1);

        await world.Bus.PublishAsync(
            NodeEvents.Death("e1", 1, DateTime.UtcNow - TimeSpan.FromSeconds(20)), traceParent: null, Cancel);
        world.Consensus.Fence("e1", "east");

        (await world.Heard.WaitForAsync<FailoverStarted>("with its grace")).GraceMs.ShouldBe(30_000);
    }

    /// <summary>
    /// A guard, not a proof: Failover hears of no handoff, and Consensus keeps no silence that it could read. Whoever
    /// lets it hear of them finds here what they may not do.
    /// </summary>
    [Fact]
    public async Task A_planned_silence_neither_spares_a_cluster_nor_shortens_its_grace()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:Grace", "00:00:01"));
        await Until.IsReadyAsync(failover);
        await world.OwnAsync(10);

        // A daemon of the node may be silent for an hour. Its agent, whose silence fenced the node, is no daemon.
        await world.Bus.PublishAsync(PlannedSilence("e1"), traceParent: null, Cancel);
        world.Consensus.Fence("e1", "east");

        (await world.Heard.WaitForAsync<FailoverStarted>("after the grace")).GraceMs.ShouldBe(1_000);
        (await world.Heard.WaitForAsync<FailoverCompleted>("after the sweep")).Promoted.ShouldBe(10);
    }

    private static HandoffStarted PlannedSilence(string node) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = DateTime.UtcNow,
        Source = $"handoff/{node}",
        Subject = $"daemon/{node}/orders",
        Sequence = EventIdentity.Sequence(1, 1),
        HandoffId = "h-1",
        NodeId = node,
        Daemon = "orders",
        IncumbentPid = 4242,
        SuccessorBuild = "2",
        Step = "negotiating",
        PlannedEndAt = DateTime.UtcNow + TimeSpan.FromHours(1),
    };
}
