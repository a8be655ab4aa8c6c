using Holdfast.Failover.Service.Tests.World;
using static Holdfast.Failover.Service.Tests.World.UnderLoad;

namespace Holdfast.Failover.Service.Tests;

/// <summary>The outboxes are shared out among the Failovers by rendezvous.</summary>
public sealed class RelayShareTests
{
    [Fact]
    public async Task Each_shard_is_relayed_by_one_failover_and_by_another_when_that_is_gone()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var west = await world.FailoverAsync("w1", "west");
        using var north = await world.FailoverAsync("n1", "north");
        await Until.IsReadyAsync(west);
        await Until.IsReadyAsync(north);
        var all = Enumerable.Range(0, world.Directory.Shards).ToArray();

        await AwaitAsync("one relay for each shard, and shards for each relay", () => Task.FromResult(
            world.RelayedBy("w1").Concat(world.RelayedBy("n1")).Order().SequenceEqual(all) &&
            world.RelayedBy("w1").Count > 0 && world.RelayedBy("n1").Count > 0));
        await world.ShutDownFailoverAsync("n1");

        await AwaitAsync("one relay for all shards", () => Task.FromResult(world.RelayedBy("w1").SequenceEqual(all)));
    }
}
