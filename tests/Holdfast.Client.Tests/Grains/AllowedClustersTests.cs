using Holdfast.Primitives;
using Holdfast.Servers;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

/// <summary>The clusters that a type's definition allows bind whoever gives grains away, too.</summary>
public sealed class AllowedClustersTests
{
    private const int NotAllowed = 8419;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wish_for_all_types_leaves_those_that_may_not_live_with_the_receiver()
    {
        await using var world = await StartAsync();
        world.Sessions.Definitions["graintype/room"] = """{"allowedClusters":["east","north"]}""";
        var both = Options with { Types = ["order", "room"] };
        using var said = new RecordedLog();
        var (east, west) = (await world.KeepAsync(East, both, log: said), await world.KeepAsync(West, both));
        GrainId[] rooms = [.. Enumerable.Range(0, 5).Select(i => new GrainId("room", $"{i}"))];
        await east.Keeper.ClaimAsync([.. rooms, G("1"), G("2")], Cancel);

        // No more than there are of orders: rooms must not be counted in.
        (await east.Keeper.WishTransferAsync(West, null, grainsMax: 2, Cancel)).ShouldBe(TransferWishAnswer.Accepted);
        west.Keeper.ExpectOffers(East);
        await UntilAsync("both orders in west", () => west.Keeper.Held.Count == 2);

        west.Keeper.Held.Keys.ShouldBe([G("1"), G("2")], ignoreOrder: true);
        rooms.ShouldAllBe(room => east.Serves(room) != null);
        (await said.HearsAsync(NotAllowed)).ShouldStartWith("5 grains are not offered to west");
    }
}
