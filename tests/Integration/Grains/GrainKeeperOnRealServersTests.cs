using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Primitives;
using Holdfast.Servers;
using static Holdfast.Integration.Grains.KeeperSystem;

namespace Holdfast.Integration.Grains;

/// <summary>Owners as they come and go, on a real Redis and a real voter.</summary>
public sealed class GrainKeeperOnRealServersTests
{
    private static readonly IReadOnlyList<GrainId> Orders = Many("order");
    private static readonly IReadOnlyList<GrainId> Rooms = Many("room");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fenced_owner_goes_on_until_it_is_refused_and_a_leased_one_has_stopped_before_another_begins()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var system = await KeeperSystem.StartAsync(redis);
        await LeaseRoomsAsync(system);
        var resource = new EpochGate();
        await using var east = new KeepingProgram(system, resource);
        await east.RunAsync(East);
        await east.Keeper.ClaimAsync([.. Orders, .. Rooms], Cancel);
        await WritesAllAsync(east);

        await system.FenceEastAsync();
        await east.Session.LostReason.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        await system.PromoteFromEastAsync(east.Session.Id);

        // Nobody has taken over yet: fenced grains are still written, leased ones are not.
        east.Writes(Orders).ShouldBe(100);
        east.Writes(Rooms).ShouldBe(0);
        await using var west = new KeepingProgram(system, resource);
        await west.RunAsync(West);
        await KeepingProgram.SeesAsync("every order written in west", () => west.Writes(Orders) == 100);
        east.Writes(Orders).ShouldBe(0, "the resource has seen higher epochs");
        west.Serves(Rooms).ShouldBe(0, "the lease of east may still run");

        await Eventually.SeesAsync(
            "the end of the session in east",
            async cancel => await system.Consensus.SessionAsync(east.Session.Id, cancel),
            session => session is null or { State: "ended" },
            TimeSpan.FromSeconds(60));
        await system.PromoteFromEastAsync();
        await KeepingProgram.SeesAsync("every room written in west", () => west.Writes(Rooms) == 100);

        // The program comes back on its node's next life, and learns what it lost.
        await east.Session.DisposeAsync();
        await east.RunAsync(East, generation: 2);
        var losses = await east.Losses.ExpectAsync(
            "200 losses in east", all => all.Count == 200, TimeSpan.FromSeconds(60));
        losses.ShouldAllBe(loss => loss.Cause == GrainLossCause.Demoted && loss.Record!.Cluster == West);
        await WritesAllAsync(west);
    }

    [Fact]
    public async Task A_redis_that_comes_back_empty_is_told_what_is_held_and_nobody_serves_an_epoch_twice()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var system = await KeeperSystem.StartAsync(redis);
        await LeaseRoomsAsync(system);
        var resource = new EpochGate();
        await using var east = new KeepingProgram(system, resource);
        await east.RunAsync(East);
        await east.Keeper.ClaimAsync([.. Orders, .. Rooms], Cancel);
        var held = east.Keeper.Held;

        await redis.KillAsync();
        await redis.RestartAsync();

        // The directory is not needed to serve: its shards are closed until they are opened anew.
        await WritesAllAsync(east);
        var loss = await system.ReopenAsync();

        var told = await RecordsAsync(system, "every grain on record again", records => records.Count == 200);
        told.ShouldAllBe(record => record.Epoch == held[record.Grain] && record.Holder == east.Session.Id);
        told.Count(record => record.Kind == GrainKind.Leased).ShouldBe(100);
        await WritesAllAsync(east);

        await system.CloseAsync(loss);
        await KeepingProgram.SeesAsync(
            "every grain served under an epoch above the loss",
            () => Orders.Concat(Rooms).All(grain =>
                east.Keeper.TryServe(grain, out var epoch) && epoch.Token > loss));
        await WritesAllAsync(east);
        east.Losses.All.ShouldBeEmpty();
    }

    /// <summary>Leased grains rest for a moment where a busy machine let the lease lapse.</summary>
    private static Task WritesAllAsync(KeepingProgram program) => KeepingProgram.SeesAsync(
        "every grain written", () => program.Writes([.. Orders, .. Rooms]) == 200);

    private static IReadOnlyList<GrainId> Many(string type) =>
        [.. Enumerable.Range(0, 100).Select(i => new GrainId(type, $"{i}"))];

    private static async Task LeaseRoomsAsync(KeeperSystem system)
    {
        var leased = new GrainTypeText { Kind = "leased" }.Write();
        (await system.Consensus.PutDefinitionAsync(GrainTypeText.KeyOf("room"), leased, Cancel)).Demand();
    }

    private static async Task<IReadOnlyList<GrainRecord>> RecordsAsync(
        KeeperSystem system, string what, Predicate<IReadOnlyList<GrainRecord>> fits) =>
        await Eventually.SeesAsync(
            what,
            async cancel => (IReadOnlyList<GrainRecord>)
                [.. (await system.Directory.LookupAsync([.. Orders, .. Rooms], cancel))
                    .Select(answer => answer.Record).OfType<GrainRecord>()],
            fits,
            TimeSpan.FromSeconds(60));
}
