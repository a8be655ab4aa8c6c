using Holdfast.Directory;
using Holdfast.Primitives;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

/// <summary>The floor rises over living sessions without a loss, when tombstones are to go.</summary>
public sealed class RaisedFloorTests
{
    private static readonly ElectionName FailoverWest = ElectionName.Failover(West);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_keeper_serves_on_below_the_floor_and_claims_above_it_also_what_was_forgotten()
    {
        await using var world = await StartAsync();
        var east = await world.KeepAsync(East);
        await east.Keeper.ClaimAsync([G("1"), G("2")], Cancel);
        await east.ServesAllAsync([G("1"), G("2")]);
        var (kept, released) = (east.Serves(G("1"))!.Value, east.Serves(G("2"))!.Value);
        await east.Keeper.ReleaseAsync([G("2")], Cancel);

        var floor = world.Sessions.Mint();
        (await EraseBelowAsync(world, floor)).ShouldBe(1);

        (await world.RecordAsync(G("2"))).ShouldBeNull();
        east.Serves(G("1")).ShouldBe(kept);
        (await east.Keeper.ClaimAsync([G("2"), G("3")], Cancel)).ShouldAllBe(result => result.IsHeld);
        await east.ServesAllAsync([G("1"), G("2"), G("3")]);
        east.Serves(G("2"))!.Value.ShouldBeGreaterThan(released);
        east.Serves(G("3"))!.Value.Token.ShouldBeGreaterThan(floor);
        east.Serves(G("1")).ShouldBe(kept);
    }

    /// <summary>How many tombstones there were.</summary>
    private static async Task<int> EraseBelowAsync(KeeperWorld world, Token floor)
    {
        var erased = 0;
        for (var shard = 0; shard < world.Directory.Shards; shard++)
        {
            await world.Directory.InstallGrantAsync(shard, FailoverWest, floor, Cancel);
            var raised = await world.Directory.RaiseFloorAsync(shard, FailoverWest, floor, floor, Cancel);
            raised.Status.ShouldBe(DirectoryStatus.Ok);
            erased += (await world.Directory.EraseTombstonesAsync(shard, FailoverWest, floor, null, Cancel)).Erased;
        }

        return erased;
    }
}
