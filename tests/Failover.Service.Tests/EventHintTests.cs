using Holdfast.Contracts;
using Holdfast.Failover.Service.Tests.World;

namespace Holdfast.Failover.Service.Tests;

/// <summary>What the bus tells of is looked for at once: the next look may be minutes away.</summary>
public sealed class EventHintTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(PeerFenced))]
    [InlineData(nameof(PeerDown))]
    [InlineData(nameof(PeerLeft))]
    [InlineData(nameof(PeerUp))]
    [InlineData(nameof(WorkloadDown))]
    [InlineData(nameof(LeaderElected))]
    [InlineData(nameof(LeaderLost))]
    public async Task A_fence_is_acted_on_long_before_the_next_look_whatever_the_bus_tells_of(string kind)
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:CheckInterval", "00:05:00"));
        await Until.IsReadyAsync(failover);
        var grains = await world.OwnAsync(10);

        world.Consensus.Fence("e1", "east");
        await world.Bus.PublishAsync(NodeEvents.Of(kind), traceParent: null, Cancel);

        (await world.Heard.WaitForAsync<FailoverCompleted>("hurried")).Promoted.ShouldBe(10);
        (await world.CountAsync(grains, "west")).ShouldBe(10);
    }
}
