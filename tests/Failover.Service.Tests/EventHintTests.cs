using Holdfast.Contracts;
using Holdfast.Failover.Service.Tests.World;

namespace Holdfast.Failover.Service.Tests;

/// <summary>What the bus tells of is looked for at once: the next look may be minutes away.</summary>
public sealed class EventHintTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fence_that_the_bus_tells_of_is_acted_on_long_before_the_next_look()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:CheckInterval", "00:05:00"));
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(10);

        world.Consensus.Fence("e1", "east");
        await world.Bus.PublishAsync(NodeEvents.Fenced(DateTime.UtcNow), traceParent: null, Cancel);

        (await world.Heard.WaitForAsync<FailoverCompleted>("hurried")).Promoted.ShouldBe(10);
        (await world.CountAsync(grains, "west")).ShouldBe(10);
    }
}
