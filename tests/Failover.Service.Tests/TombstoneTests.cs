using System.Globalization;
using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Processes;
using Holdfast.Servers.Topologies;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Service.Tests;

/// <summary>A program that creates and releases grains does not fill the directory.</summary>
public sealed class TombstoneTests
{
    private static readonly (string, string)[] Quick =
        [("Failover:TombstoneAge", "00:00:00.300"), ("Failover:TombstonePace", "00:00:00.010")];

    private static readonly GrainId[] Grains =
        [.. Enumerable.Range(0, 60).Select(i => new GrainId("order", i.ToString(CultureInfo.InvariantCulture)))];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tombstones_are_erased_on_the_embedded_directory_and_their_grains_are_claimed_above_them()
    {
        await using var world = await IncidentWorld.StartAsync();
        await AreErasedAsync(world);
    }

    [Fact]
    public async Task Tombstones_are_erased_on_a_real_redis_and_their_grains_are_claimed_above_them()
    {
        await using var redis = await RedisOnDisk.StartAsync();
        await using var directory = new RedisGrainDirectory(
            new DirectoryOptions { Redis = redis.Address, Shards = IncidentWorld.Shards },
            NullLogger<RedisGrainDirectory>.Instance);
        await using var world = await IncidentWorld.StartAsync(directory);
        await AreErasedAsync(world);
    }

    private static async Task AreErasedAsync(IncidentWorld world)
    {
        using var figures = new FigureLog("Holdfast.Failover");
        using var east = await world.FailoverAsync("e1", "east", Quick);
        using var west = await world.FailoverAsync("w1", "west", Quick);
        await Until.IsReadyAsync(west);
        using var consensus = new ConsensusClient(new ConsensusClientOptions { Endpoints = [world.Consensus.Url] });
        await using var session = await HoldfastSession.OpenAsync(
            consensus, new HoldfastSessionOptions { Cluster = new ClusterId("east") }, Cancel);
        var claims = new GrainClaims(world.Directory, session);
        var kept = new GrainId("room", "kept");
        await claims.ClaimAsync([.. Grains, kept], Cancel);
        var (first, keptUnder) = (session.Token, claims.Held[kept]);
        await claims.ReleaseAsync(Grains, Cancel);

        await UnderLoad.AwaitAsync("shard without a tombstone everywhere", async () =>
            (await RecordsAsync(world.Directory)).All(record => !record.Tombstone));

        // It is counted once the shard has answered.
        await UnderLoad.AwaitAsync("figure of what was erased", () => Task.FromResult(
            figures.Of("holdfast.failover.tombstones.erased").Sum(figure => figure.Value) >= Grains.Length));

        // What lives stays as it was; the session that is below the floor by now advances, and is above its own past.
        (await RecordsAsync(world.Directory)).ShouldHaveSingleItem().Epoch.ShouldBe(keptUnder);
        var again = await claims.ClaimAsync(Grains, Cancel);
        again.ShouldAllBe(result => result.IsHeld && result.Record!.Epoch.Token > first);
        (await claims.ReleaseAsync([kept], Cancel)).ShouldAllBe(answer => answer.Status == DirectoryStatus.Ok);

        // Nobody who holds an election was shut out by it: what the other one left is relayed on.
        await world.ShutDownFailoverAsync("w1");
        await claims.ReleaseAsync(Grains, Cancel);
        await world.Heard.UntilAsync("word of every release", heard => Grains.All(grain => heard
            .Select(one => one.Event).OfType<GrainReleased>().SelectMany(released => released.Grains)
            .Any(change => change.Type == grain.Type && change.Key == grain.Key &&
                Epoch.Parse(change.NewEpoch).Token > first)));
    }

    private static async Task<IReadOnlyList<GrainRecord>> RecordsAsync(FaultyDirectory directory)
    {
        var records = new List<GrainRecord>();
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            string? cursor = null;
            do
            {
                var page = await directory.ScanAsync(shard, cursor, Cancel);
                records.AddRange(page.Records);
                cursor = page.Next;
            }
            while (cursor is not null);
        }

        return records;
    }
}
