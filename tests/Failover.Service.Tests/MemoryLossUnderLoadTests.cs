using System.Globalization;
using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using Holdfast.Simulation.Histories;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Service.Tests;

/// <summary>
/// A real Redis loses its memory while four processes claim, write and release and a cluster is being promoted away
/// from. What everybody was told is checked against the invariants of ownership.
/// </summary>
public sealed class MemoryLossUnderLoadTests
{
    private const int StepsWanted = 150;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly GrainId[] Grains =
        [.. Enumerable.Range(0, 60).Select(i => new GrainId("order", i.ToString(CultureInfo.InvariantCulture)))];

    private static readonly GrainId[] Orphans =
        [.. Enumerable.Range(0, 40).Select(i => new GrainId("orphan", i.ToString(CultureInfo.InvariantCulture)))];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Losses => ["FLUSHALL", "an old append-only file", "an old backup"];

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task No_loss_of_memory_under_load_breaks_an_invariant(string loss)
    {
        await using var redis = await TestServers.Current.StartRedisAsync(new RedisSettings
        {
            ConfigLines = loss == "an old append-only file" ? ["appendonly yes", "appendfsync always"] : [],
        });
        await using var directory = Connect(redis);
        await using var world = await IncidentWorld.StartAsync(directory);
        using var failover = await world.FailoverAsync("w1", "west", ("Failover:ReassertWindow", "00:00:02"));
        await Until.IsReadyAsync(failover);
        var history = world.Directory.History = new OwnershipHistory();
        var gate = new EpochGate();
        world.Consensus.Live("n1", "north");
        await OwnerOf("n1", "north").ClaimAsync(Orphans);
        LoadedOwner[] owners =
            [OwnerOf("e1", "east"), OwnerOf("e1", "east"), OwnerOf("w1", "west"), OwnerOf("w1", "west")];
        using var stop = new CancellationTokenSource();
        var running = owners.Select((owner, i) => owner.RunAsync(Grains, i, stop.Token)).ToArray();

        await StepsAsync(owners);
        var folder = await KeepAsync(redis, loss);
        await StepsAsync(owners);
        world.Consensus.Fence("n1", "north");
        await world.Heard.WaitForAsync<FailoverStarted>("of north");
        await LoseAsync(redis, loss, folder, history);
        var lost = await RepairedAsync(world, directory, history);
        await StepsAsync(owners);
        await stop.CancelAsync();
        await Task.WhenAll(running);

        lost.ShouldNotBeEmpty();
        await NorthOwnsNothingAsync(directory);
        var left = await LeftAsync(directory);
        await EverythingIsToldAsync(world, history, left);
        OwnershipChecker.Check(history, left).ShouldBeEmpty();
        foreach (var owner in owners) await IsOnRecordAsync(directory, owner);

        LoadedOwner OwnerOf(string node, string cluster) =>
            new(world.Consensus, directory, gate, history, world.Consensus.Open(node, cluster));
    }

    private static RedisGrainDirectory Connect(ITestServer redis) => new(
        new DirectoryOptions
        {
            Redis = redis.Address,
            Shards = IncidentWorld.Shards,
            Deadline = TimeSpan.FromSeconds(5),
        },
        NullLogger<RedisGrainDirectory>.Instance);

    /// <summary>Until every process has done so much more.</summary>
    private static Task StepsAsync(LoadedOwner[] owners)
    {
        var wanted = owners.Select(owner => owner.Steps + StepsWanted).ToArray();
        return AwaitAsync("progress of every process", () =>
            Task.FromResult(owners.Zip(wanted).All(pair => pair.First.Steps >= pair.Second)));
    }

    private static async Task<string> KeepAsync(ITestServer redis, string loss)
    {
        if (loss == "an old backup") await redis.CliAsync("SAVE");
        return await RedisMemory.KeepAsync(redis);
    }

    private static async Task LoseAsync(ITestServer redis, string loss, string folder, OwnershipHistory history)
    {
        if (loss == "FLUSHALL")
        {
            await redis.CliAsync("FLUSHALL");
            for (var shard = 0; shard < IncidentWorld.Shards; shard++)
                history.WasSetBack(new MemoryPoint(shard, "", 0));
            return;
        }

        await RedisMemory.PutBackAsync(redis, folder);
        await using var another = Connect(redis);
        foreach (var seen in await LeftAsync(another)) history.WasSetBack(seen);
    }

    /// <summary>Every shard is open again; those that lost something were reported.</summary>
    private static async Task<IReadOnlyList<int>> RepairedAsync(
        IncidentWorld world, RedisGrainDirectory directory, OwnershipHistory history)
    {
        await AwaitAsync("repair of every shard", async () =>
        {
            for (var shard = 0; shard < directory.Shards; shard++)
            {
                var seen = await directory.ShardAsync(shard, Cancel);
                if (seen.Status != DirectoryStatus.Ok || seen.Run != seen.Process) return false;
            }

            return true;
        });
        foreach (var loss in world.Consensus.Losses) history.WasNoticed(loss.Memory.Shard, loss.Memory.Gen);
        return [.. world.Consensus.Losses.Select(loss => loss.Memory.Shard)];
    }

    private static Task NorthOwnsNothingAsync(RedisGrainDirectory directory) =>
        AwaitAsync("owner of every grain of north", async () =>
        {
            for (var shard = 0; shard < directory.Shards; shard++)
            {
                if ((await directory.CountAsync(shard, [new ClusterId("north")], Cancel)).Counts.Single() > 0)
                    return false;
            }

            return true;
        });

    private static async Task<IReadOnlyList<MemoryPoint>> LeftAsync(RedisGrainDirectory directory)
    {
        var left = new List<MemoryPoint>();
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            var seen = await directory.ShardAsync(shard, Cancel);
            left.Add(new MemoryPoint(shard, seen.Version.Gen, seen.Version.Seq));
        }

        return left;
    }

    /// <summary>The outbox of the memory that is left is empty, and everything in it was heard.</summary>
    private static async Task EverythingIsToldAsync(
        IncidentWorld world, OwnershipHistory history, IReadOnlyList<MemoryPoint> left)
    {
        var gens = left.Select(point => point.Gen).ToHashSet();
        var wanted = history.Owners.Where(one => one.IsChange && gens.Contains(one.At.Gen))
            .Select(one => $"{one.Grain} {one.Epoch}").ToHashSet();
        await world.Heard.UntilAsync("word of every change", heard =>
            !wanted.Except(heard.SelectMany(one => ChangesOf(one.Event)).Select(one => $"{one.Grain} {one.Epoch}"))
                .Any());
        foreach (var (grain, epoch, owner) in world.Heard.All.SelectMany(one => ChangesOf(one.Event)))
        {
            history.WasAnnounced(grain, epoch);
            history.Told(owner);
        }
    }

    private static IEnumerable<(GrainId Grain, Epoch Epoch, OwnerTold Owner)> ChangesOf(IEvent heard)
    {
        var (grains, to, holder) = heard switch
        {
            GrainClaimed claimed => (claimed.Grains, claimed.ToCluster, claimed.Holder),
            GrainPromoted promoted => (promoted.Grains, promoted.ToCluster, null),
            _ => ([], "", null),
        };
        foreach (var change in grains)
        {
            var (grain, epoch) = (new GrainId(change.Type, change.Key), Epoch.Parse(change.NewEpoch));
            var (floor, seq) = (heard.Sequence[..16], Convert.ToUInt64(heard.Sequence[17..], 16));
            var shard = GrainShard.Of(grain, IncidentWorld.Shards);
            yield return (grain, epoch, new OwnerTold(
                grain,
                epoch,
                new ClusterId(to),
                holder is null ? null : SessionId.Parse(holder),
                new MemoryPoint(shard, $"events above {floor}", seq),
                IsChange: false));
        }
    }

    /// <summary>What a living process believes to own is its own, or by now another's under a higher epoch.</summary>
    private static async Task IsOnRecordAsync(RedisGrainDirectory directory, LoadedOwner owner)
    {
        foreach (var answer in await directory.LookupAsync([.. owner.Held.Keys], Cancel))
        {
            var record = answer.Record.ShouldNotBeNull($"{owner.Session} holds {answer.Grain}, and no record is left");
            var isOwn = record.Holder == owner.Session && record.Epoch == owner.Held[answer.Grain];
            (isOwn || record.Epoch > owner.Held[answer.Grain]).ShouldBeTrue($"{record} and {owner.Session}");
        }
    }

    private static async Task AwaitAsync(string what, Func<Task<bool>> isSo)
    {
        using var giveUp = new CancellationTokenSource(Patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await isSo())
        {
            if (giveUp.IsCancellationRequested) throw new TimeoutException($"No {what} within {Patience}.");
            await pace.WaitForNextTickAsync(Cancel);
        }
    }
}
