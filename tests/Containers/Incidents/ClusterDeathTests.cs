using Holdfast.Containers.Compose;
using Holdfast.Integration.Incidents;

namespace Holdfast.Containers.Incidents;

/// <summary>A cluster dies, and everything of it goes on elsewhere, on one trace.</summary>
public sealed class ClusterDeathTests(ComposeWorld compose)
{
    [Fact]
    public Task Both_nodes_of_east_are_killed() => DiesAsync(EastWorld.Nodes);

    [Fact]
    public Task All_of_east_is_killed_with_its_voter() => DiesAsync(EastWorld.Site);

    private async Task DiesAsync(string[] killed)
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
        story.IsOneTrace();
        var slots = new SlotStory(events, east.Group, EastWorld.SlotCount);
        var recovered = await slots.RecoveredInAsync("west", EastWorld.Patience);
        recovered.ShouldAllBe(item => item.TraceId == story.TraceId);
        await east.IsServedByHeirsAsync(TestContext.Current.CancellationToken);
    }
}
