using System.Globalization;
using Holdfast.Client;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Simulation.Histories;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>What is awaited and checked of a directory that loses its memory under load.</summary>
internal static class UnderLoad
{
    private const int StepsWanted = 150;
    private const int HistoryEntriesRead = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>So many grains of a type, with the keys 0, 1 and so on.</summary>
    public static GrainId[] Many(string type, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new GrainId(type, i.ToString(CultureInfo.InvariantCulture)))];

    /// <summary>A connection to a directory of as many shards as an incident's, for one process.</summary>
    public static RedisGrainDirectory Connect(ITestServer redis) =>
        Connect(new DirectoryOptions { Redis = redis.Address, Deadline = TimeSpan.FromSeconds(10) });

    /// <inheritdoc cref="Connect(ITestServer)"/>
    public static RedisGrainDirectory Connect(DirectoryOptions options) =>
        new(options with { Shards = IncidentWorld.Shards }, NullLogger<RedisGrainDirectory>.Instance);

    /// <summary>A process that reports what it knows to be lost: no relay has read what was done last.</summary>
    public static LoadedOwner ReportingOwner(
        PaperConsensus consensus,
        IGrainDirectory directory,
        EpochGate gate,
        OwnershipHistory history,
        SessionRecord session)
    {
        var client = new ConsensusClient(new ConsensusClientOptions { Endpoints = [consensus.Url] });
        var reports = new DirectoryLossReports(directory, client);
        return new LoadedOwner(consensus, directory, gate, history, session, reports);
    }

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

    /// <summary>
    /// Something befalls the directory in the middle of a sweep: one promotion is done, and others are on their way,
    /// which arrive when it is over.
    /// </summary>
    /// <param name="world">Whose Failover sweeps.</param>
    /// <param name="dieAsync">Ends and fences the cluster that is promoted away from.</param>
    /// <param name="befallAsync">Befalls the directory.</param>
    public static async Task AmidPromotionsAsync(
        IncidentWorld world, Func<Task> dieAsync, Func<Task> befallAsync)
    {
        var begun = 0;
        var isOver = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Directory.BeforePromote(_ =>
            Interlocked.Increment(ref begun) == 1 ? Task.CompletedTask : isOver.Task);
        await dieAsync();
        await AwaitAsync("promotion that is done, and another on its way", () =>
            Task.FromResult(!world.Directory.Promotions.IsEmpty && Volatile.Read(ref begun) > 1));
        await befallAsync();
        isOver.SetResult();
    }

    /// <summary>Each memory that forgot what somebody was told of it is reported.</summary>
    public static Task IsNoticedAsync(IncidentWorld world, OwnershipHistory history) =>
        AwaitAsync("report of each memory that forgot what somebody was told", () => Task.FromResult(
            history.Forgotten.All(told => world.Consensus.Losses.Any(loss =>
                (loss.Memory.Shard, loss.Memory.Gen) == (told.At.Shard, told.At.Gen)))));

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

    public static Task OwnsNothingAsync(IGrainDirectory directory, string cluster) =>
        AwaitAsync($"owner of every grain of {cluster}", async () =>
        {
            for (var shard = 0; shard < directory.Shards; shard++)
            {
                // A shard that lost its memory counts nothing.
                var counts = (await directory.CountAsync(shard, [new ClusterId(cluster)], Cancel)).Counts;
                if (counts.Count == 0 || counts.Single() > 0) return false;
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

    /// <summary>
    /// Everything that the memory which is left remembers of grains, and everything that a process was told of it, was
    /// heard, or has had its time to be. What is missing is said by the checker.
    /// </summary>
    public static async Task EverythingIsToldAsync(
        IncidentWorld world, OwnershipHistory history, IReadOnlyList<MemoryPoint> left)
    {
        var remembered = await RememberedAsync(world.Directory, history);
        var gens = left.Select(point => point.Gen).ToHashSet();
        var wanted = history.Owners.Where(one => one.IsChange && gens.Contains(one.At.Gen))
            .Select(one => (one.Grain, one.Epoch)).ToHashSet();
        try
        {
            await world.Heard.UntilAsync("word of every change", heard =>
            {
                var changes = heard.SelectMany(one => ChangesOf(one.Event)).ToHashSet();
                return remembered.IsSubsetOf(changes) &&
                    wanted.IsSubsetOf(changes.Select(change => (change.Grain, change.Epoch)));
            });
        }
        catch (TimeoutException)
        {
            // The checker says what is missing, grain by grain.
        }

        foreach (var change in world.Heard.All.SelectMany(one => ChangesOf(one.Event)))
        {
            history.Hears(change);
            history.WasAnnounced(change.Grain, change.Epoch);
        }

        foreach (var owner in world.Heard.All.SelectMany(one => OwnersOf(one.Event))) history.Told(owner);
    }

    /// <summary>No invariant is broken by what was recorded, and releases and promotions are among that.</summary>
    public static void IsRight(OwnershipHistory history, IReadOnlyList<MemoryPoint> left)
    {
        history.Remembered.ShouldContain(change => change.Event == nameof(GrainReleased));
        history.Grants.ShouldContain(grant => !grant.IsInstallation, "promotions, which invariant 5 is about");
        OwnershipChecker.Check(history, left).ShouldBeEmpty();
    }

    /// <summary>
    /// What the shards' own histories have of the grains that somebody was told of: who owned them, and what is to be
    /// announced.
    /// </summary>
    private static async Task<HashSet<GrainChanged>> RememberedAsync(
        FaultyDirectory directory, OwnershipHistory history)
    {
        foreach (var grain in history.Owners.Select(told => told.Grain).Distinct())
        {
            var shard = GrainShard.Of(grain, directory.Shards);
            var entries = (await directory.HistoryAsync(grain, HistoryEntriesRead, Cancel)).Entries;
            foreach (var (_, cause, record, seq) in entries.Reverse())
            {
                if (EventOf(cause) is { } name)
                    history.Remembers(new GrainChanged(name, grain, record.Epoch, shard, seq));
                if (record.Tombstone) continue;
                history.Told(new OwnerTold(
                    grain,
                    record.Epoch,
                    record.Cluster,
                    record.Holder,
                    new MemoryPoint(shard, "as remembered", seq),
                    IsChange: false));
            }
        }

        return [.. history.Remembered];
    }

    /// <summary>What announces a remembered change; null where nothing need, or its entry does not say.</summary>
    private static string? EventOf(string cause) => cause.Split(':')[0] switch
    {
        "claim" => nameof(GrainClaimed),
        "promote" => nameof(GrainPromoted),
        "release" => nameof(GrainReleased),
        "transfer" => nameof(GrainTransferred),
        _ => null,
    };

    private static IEnumerable<GrainChanged> ChangesOf(IEvent heard)
    {
        IReadOnlyList<GrainChange> grains = heard switch
        {
            GrainClaimed claimed => claimed.Grains,
            GrainPromoted promoted => promoted.Grains,
            GrainReleased released => released.Grains,
            GrainTransferred transferred => transferred.Grains,
            _ => [],
        };
        return grains.Select(change => new GrainId(change.Type, change.Key))
            .Zip(grains, (grain, change) => new GrainChanged(
                heard.GetType().Name,
                grain,
                Epoch.Parse(change.NewEpoch),
                GrainShard.Of(grain, IncidentWorld.Shards),
                SeqOf(heard)));
    }

    private static IEnumerable<OwnerTold> OwnersOf(IEvent heard)
    {
        var (to, holder) = heard switch
        {
            GrainClaimed claimed => (claimed.ToCluster, claimed.Holder),
            GrainPromoted promoted => (promoted.ToCluster, null),
            GrainTransferred transferred => (transferred.ToCluster, transferred.Holder),
            _ => (null, null),
        };
        if (to is null) return [];
        return ChangesOf(heard).Select(change => new OwnerTold(
            change.Grain,
            change.Epoch,
            new ClusterId(to),
            holder is null ? null : SessionId.Parse(holder),
            new MemoryPoint(change.Shard, $"events above {heard.Sequence[..16]}", change.Seq),
            IsChange: false));
    }

    private static ulong SeqOf(IEvent heard) => Convert.ToUInt64(heard.Sequence[17..], 16);

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
        DirectoryUnavailableException? away = null;
        while (!await IsSoAsync())
        {
            if (giveUp.IsCancellationRequested)
                throw new TimeoutException($"No {what} within {Patience}. {away?.Message}".TrimEnd(), away);
            await pace.WaitForNextTickAsync(Cancel);
        }

        async Task<bool> IsSoAsync()
        {
            try
            {
                var so = await isSo();
                away = null;
                return so;
            }
            catch (DirectoryUnavailableException unavailable)
            {
                // Not yet: a busy machine may take longer than a call's deadline.
                away = unavailable;
                return false;
            }
        }
    }
}
