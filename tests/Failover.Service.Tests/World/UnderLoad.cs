using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>What is awaited and checked of a directory that loses its memory under load.</summary>
internal static class UnderLoad
{
    private const int StepsWanted = 150;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Until every process has done so much more.</summary>
    public static async Task StepsAsync(IReadOnlyList<LoadedOwner> owners)
    {
        var wanted = owners.Select(owner => owner.Steps + StepsWanted).ToArray();
        try
        {
            await AwaitAsync("progress of every process", () =>
                Task.FromResult(owners.Zip(wanted).All(pair => pair.First.Steps >= pair.Second)));
        }
        catch (TimeoutException late)
        {
            var come = owners.Zip(wanted).Select(pair => $"{pair.First.Session} {pair.First.Steps}/{pair.Second}");
            throw new TimeoutException($"{late.Message} Steps: {string.Join(", ", come)}", late);
        }
    }

    /// <summary>Every shard is open again; those that lost something were reported.</summary>
    public static async Task<IReadOnlyList<int>> RepairedAsync(
        IncidentWorld world, IGrainDirectory directory, OwnershipHistory history)
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

    public static Task NorthOwnsNothingAsync(IGrainDirectory directory) =>
        AwaitAsync("owner of every grain of north", async () =>
        {
            for (var shard = 0; shard < directory.Shards; shard++)
            {
                if ((await directory.CountAsync(shard, [new ClusterId("north")], Cancel)).Counts.Single() > 0)
                    return false;
            }

            return true;
        });

    public static async Task<IReadOnlyList<MemoryPoint>> LeftAsync(IGrainDirectory directory)
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
    public static async Task EverythingIsToldAsync(
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
    public static async Task IsOnRecordAsync(IGrainDirectory directory, LoadedOwner owner)
    {
        foreach (var answer in await directory.LookupAsync([.. owner.Held.Keys], Cancel))
        {
            var record = answer.Record.ShouldNotBeNull($"{owner.Session} holds {answer.Grain}, and no record is left");
            var isOwn = record.Holder == owner.Session && record.Epoch == owner.Held[answer.Grain];
            (isOwn || record.Epoch > owner.Held[answer.Grain]).ShouldBeTrue($"{record} and {owner.Session}");
        }
    }

    public static async Task AwaitAsync(string what, Func<Task<bool>> isSo)
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
