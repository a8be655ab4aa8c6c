using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests;

/// <summary>
/// Weaknesses of other failovers, where no other test shows that this one is without them; docs/protocols/failover.md
/// has the list of all.
/// </summary>
public sealed class KnownWeaknessesTests
{
    // Who stands by counts at this pace what is left, and takes it where the heir gets nowhere: not on a busy machine.
    private static readonly (string, string) Unhurried = ("Failover:CheckInterval", "00:00:02");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_cluster_leaves_goes_to_one_survivor_and_is_not_split_by_a_race()
    {
        await using var world = await IncidentWorld.StartAsync();
        world.Consensus.Live("n1", "north");
        using var west = await world.FailoverAsync("w1", "west", Unhurried);
        using var north = await world.FailoverAsync("n1", "north", Unhurried);
        await Until.IsReadyAsync(west);
        await Until.IsReadyAsync(north);
        foreach (var one in (HttpClient[])[west, north])
        {
            // An election that one of them has not seen granted is none that it counts on.
            await Until.HoldsAsync(one, "/v1/clusters", answer => answer.GetProperty("holds").GetBoolean(), "election");
            await Until.HoldsAsync(
                one,
                "/v1/plan?from=east",
                answer => answer.GetProperty("clusters")[0].TryGetProperty("heir", out var heir) &&
                    heir.GetString() == Heir,
                $"word that {Heir} inherits");
        }

        var grains = await world.OwnAsync(400);
        world.Consensus.Fence("e1", "east");
        await world.Heard.WaitForAsync<FailoverCompleted>("of east");
        await world.Heard.WaitForAsync<FailoverStarted>("of east, from a queue of its own");

        (await world.CountAsync(grains, Heir)).ShouldBe(400);
        world.Heard.All.Select(heard => heard.Event).OfType<FailoverStarted>()
            .ShouldHaveSingleItem().ByCluster.ShouldBe(Heir);
    }

    [Fact]
    public async Task Each_grain_moves_from_an_epoch_of_its_own_and_is_told_with_it()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var held = new Dictionary<GrainId, Epoch>();
        for (var i = 0; i < 20; i++)
        {
            // Every one under a session, and so a token, of its own.
            var session = world.Consensus.Open("e1", "east");
            var grain = new GrainId("order", $"{i}");
            await world.Embedded.ClaimAsync([new(grain)], new ClusterId("east"), session.Id, session.Token, Cancel);
            held[grain] = Epoch.First(session.Token);
        }

        world.Consensus.Fence("e1", "east");
        await world.Heard.UntilAsync("promotion of all of them", heard => Told(heard).Count >= held.Count);

        var told = Told(world.Heard.All);
        told.ToDictionary(one => one.Grain, one => one.Old).ShouldBe(held, ignoreOrder: true);
        foreach (var (grain, _, now) in told)
        {
            now.ShouldBeGreaterThan(held[grain]);
            (await world.Embedded.LookupAsync([grain], Cancel)).Single().Record!.Epoch.ShouldBe(now);
        }
    }

    [Fact]
    public async Task A_cluster_that_was_never_seen_alive_is_inherited_from_once_its_node_is_fenced()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var session = world.Consensus.OpenNameless("south");
        var grains = await world.OwnAsync(20, "south", session.Id, session.Token);
        world.Consensus.Expire(session.Id);

        world.Consensus.Fence("s1", "south");

        (await world.Heard.WaitForAsync<FailoverCompleted>("of south")).Promoted.ShouldBe(20);
        (await world.CountAsync(grains, "west")).ShouldBe(20);
    }

    [Fact]
    public async Task A_sweep_whose_grains_cannot_be_listed_never_completes_with_nothing_promoted()
    {
        await using var world = await IncidentWorld.StartAsync();
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        await world.OwnAsync(40);
        for (var shard = 0; shard < IncidentWorld.Shards; shard++) world.Directory.Silence(shard);

        world.Consensus.Fence("e1", "east");
        await Until.HoldsAsync(
            failover,
            "/v1/clusters",
            answer => answer.GetProperty("troubledShards").GetArrayLength() > 2,
            "trouble on the shards");
        world.Heard.All.ShouldNotContain(heard => heard.Event is FailoverCompleted);

        for (var shard = 0; shard < IncidentWorld.Shards; shard++) world.Directory.Heal(shard);
        (await world.Heard.WaitForAsync<FailoverCompleted>("once they answer")).Promoted.ShouldBe(40);
    }

    [Fact]
    public void A_directory_that_leaves_an_operation_out_does_not_compile() =>
        new[] { typeof(IGrainDirectory), typeof(IShardRepair) }
            .SelectMany(contract => contract.GetMethods())
            .Where(operation => !operation.IsAbstract && operation.ReturnType.IsAssignableTo(typeof(Task)))
            .ShouldBeEmpty("An operation that does nothing by default turns failover off without a word.");

    private static string Heir => RendezvousHash.Order("east", (string[])["north", "west"], name => name)[0];

    private static List<(GrainId Grain, Epoch Old, Epoch Now)> Told(IEnumerable<HeardEvent> heard) =>
    [
        .. heard.Select(one => one.Event).OfType<GrainPromoted>().SelectMany(promoted => promoted.Grains)
            .Select(grain => (
                new GrainId(grain.Type, grain.Key), Epoch.Parse(grain.OldEpoch!), Epoch.Parse(grain.NewEpoch))),
    ];
}
