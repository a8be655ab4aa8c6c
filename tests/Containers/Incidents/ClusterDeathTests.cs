using Holdfast.Containers.Audits;
using Holdfast.Containers.Compose;
using Holdfast.Containers.Telemetry;
using Holdfast.Contracts;
using Holdfast.Integration.Incidents;

namespace Holdfast.Containers.Incidents;

/// <summary>A cluster dies, and everything of it goes on elsewhere, on one trace.</summary>
public sealed class ClusterDeathTests(ComposeWorld compose)
{
    private static readonly string[] Services =
        ["holdfast-gossip", "holdfast-consensus", "holdfast-failover", "holdfast-recovery"];

    [Fact]
    public async Task Both_nodes_of_east_are_killed_and_the_dashboard_shows_it_as_one_trace_through_all_services()
    {
        using var dashboard = await Dashboard.StartAsync(await compose.HealthyAsync());

        var trace = await DiesAsync(EastWorld.Nodes);

        await dashboard.ShowsTraceAsync(trace, Services);
        await dashboard.ReceivesAllOfAsync(Services);
    }

    [Fact]
    public Task All_of_east_is_killed_with_its_voter() => DiesAsync(EastWorld.Site);

    /// <returns>The trace from the conviction to the last recovered slot.</returns>
    private async Task<string> DiesAsync(string[] killed)
    {
        await using var east = await EastWorld.PrepareAsync(compose);

        await east.Set.KillAsync(killed);

        var events = east.Subscriber.Events;
        var story = new IncidentStory(events, "east");
        await story.DownAsync(EastWorld.Patience);
        await story.FencedAsync(EastWorld.Patience);
        await story.StartedAsync(EastWorld.Patience);
        await story.PromotedAsync(east.Grains, EastWorld.Patience);
        await story.CompletedAsync(EastWorld.Patience);
        story.NewCluster.ShouldBe("west");
        await story.IsOneTraceAsync(EastWorld.Patience);
        var slots = new SlotStory(events, east.Group, EastWorld.SlotCount);
        var recovered = await slots.RecoveredInAsync("west", EastWorld.Patience);
        recovered.Count.ShouldBe(3 * EastWorld.SlotCount);

        // Marked with the fence of its own node; placed and recovered with the one that completed the verdict.
        recovered.ShouldAllBe(item => story.FenceTraces.Contains(item.TraceId));
        recovered.Where(item => item.Exchange != EventIdentity.ExchangeOf(typeof(SlotUnhealthy)))
            .ShouldAllBe(item => item.TraceId == story.TraceId);
        await east.IsServedByHeirsAsync(TestContext.Current.CancellationToken);
        await Health.DemandAsync(east.Set);
        return story.TraceId;
    }
}
