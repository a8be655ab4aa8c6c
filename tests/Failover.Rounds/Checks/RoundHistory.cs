using Holdfast.Directory;
using Holdfast.Failover.Rounds.World;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Rounds.Checks;

/// <summary>All that was seen in a round, and what is wrong with it in the end.</summary>
internal sealed class RoundHistory(Installation world, OwnershipHistory history)
{
    // Each asks for the history of one grain, which Redis looks for among all changes of its shard.
    private const int RememberedGrains = 50;
    private const int ChangesMax = 100;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PatienceForNothing = TimeSpan.FromSeconds(3);

    /// <summary>Every grain's record; grains without one are missing.</summary>
    public async Task<IReadOnlyList<GrainRecord>> RecordsAsync(IEnumerable<GrainId> grains, CancellationToken cancel)
    {
        var records = new List<GrainRecord>();
        foreach (var batch in grains.Chunk(DirectoryLimits.GrainsPerCallMax))
        {
            var answers = await world.Directory.LookupAsync(batch, cancel);
            records.AddRange(answers.Select(answer => answer.Record).OfType<GrainRecord>());
        }

        return records;
    }

    /// <param name="grains">All grains of the round.</param>
    /// <param name="owner">Who is to own them in the end.</param>
    /// <param name="isBroken">Whether a mistake was made on purpose, so that nothing need be waited for long.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<string>> ProblemsAsync(
        IReadOnlyList<GrainId> grains, Owner owner, bool isBroken, CancellationToken cancel)
    {
        history.Ends();
        var left = await LeftAsync(cancel);
        var records = await RecordsAsync(grains, cancel);
        var heard = await AllHeardAsync(records, isBroken ? PatienceForNothing : Patience);
        Tell(heard);
        var problems = new List<string>(OwnershipChecker.Check(history, left));
        problems.AddRange(AnnouncementCheck.Problems(heard, records));
        problems.AddRange(NotOwned(grains, records, owner));
        for (var i = 0; i < grains.Count; i += Math.Max(1, grains.Count / RememberedGrains))
        {
            var remembered = await world.Directory.HistoryAsync(grains[i], ChangesMax, cancel);
            problems.AddRange(AnnouncementCheck.Against(heard, grains[i], remembered.Entries));
        }

        return problems;
    }

    private static IEnumerable<string> NotOwned(
        IReadOnlyList<GrainId> grains, IReadOnlyList<GrainRecord> records, Owner owner)
    {
        var known = records.ToDictionary(record => record.Grain);
        var held = owner.Keeper.Held;
        foreach (var grain in grains)
        {
            if (!known.TryGetValue(grain, out var record))
                yield return $"owned: {grain} is lost";
            else if (record.Tombstone || record.Cluster != owner.Session.Cluster || record.Holder != owner.Session.Id)
                yield return $"owned: {grain} has no living owner: {record}";
            else if (held.GetValueOrDefault(grain) != record.Epoch)
                yield return $"owned: the owner of {record} believes in {held.GetValueOrDefault(grain)}";
        }
    }

    private async Task<IReadOnlyList<Announcement>> AllHeardAsync(
        IReadOnlyList<GrainRecord> records, TimeSpan patience)
    {
        try
        {
            return await Eventually.SeesAsync(
                "word of every change",
                _ => Task.FromResult(world.Announcements.Heard),
                heard => AnnouncementCheck.Problems(heard, records).Count == 0,
                patience);
        }
        catch (TimeoutException)
        {
            // What is missing is said by the checks.
            return world.Announcements.Heard;
        }
    }

    /// <summary>What was announced was told as well, to the subscriber.</summary>
    private void Tell(IReadOnlyList<Announcement> heard)
    {
        foreach (var one in heard)
        {
            foreach (var change in one.Grains)
            {
                var (grain, epoch) = (new GrainId(change.Type, change.Key), Epoch.Parse(change.NewEpoch));
                history.WasAnnounced(grain, epoch);
                if (one.ToCluster is not { } cluster) continue;
                history.Told(new OwnerTold(
                    grain,
                    epoch,
                    new ClusterId(cluster),
                    one.Holder is { } holder ? SessionId.Parse(holder) : null,
                    new MemoryPoint(one.Shard, "as announced", Convert.ToUInt64(one.Event.Sequence[17..], 16)),
                    IsChange: false));
            }
        }
    }

    private async Task<IReadOnlyList<MemoryPoint>> LeftAsync(CancellationToken cancel)
    {
        var left = new List<MemoryPoint>();
        for (var shard = 0; shard < Installation.Shards; shard++)
        {
            var seen = await world.Directory.ShardAsync(shard, cancel);
            left.Add(new MemoryPoint(shard, seen.Version.Gen, seen.Version.Seq));
        }

        return left;
    }
}
