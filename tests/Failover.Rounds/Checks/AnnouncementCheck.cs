using Holdfast.Directory;
using Holdfast.Failover.Rounds.World;
using Holdfast.Primitives;

namespace Holdfast.Failover.Rounds.Checks;

/// <summary>
/// Whether what was announced is what happened: each shard's announcements of a type came in the order of its changes
/// (repeats aside), the changes of each grain are a chain without a gap that ends where its record is, and none is told
/// that the directory's own history does not have.
/// </summary>
internal static class AnnouncementCheck
{
    private const int ProblemsSaid = 5;

    /// <param name="heard">In the order in which they came.</param>
    /// <param name="records">What the directory has in the end, of each grain of the round.</param>
    public static IReadOnlyList<string> Problems(
        IReadOnlyList<Announcement> heard, IReadOnlyCollection<GrainRecord> records) =>
        [.. OutOfOrder(heard).Take(ProblemsSaid), .. BrokenChains(heard, records).Take(ProblemsSaid)];

    /// <param name="heard">In whatever order.</param>
    /// <param name="grain">A grain of the round.</param>
    /// <param name="history">What the directory remembers of it, all of it.</param>
    public static IEnumerable<string> Against(
        IReadOnlyList<Announcement> heard, GrainId grain, IReadOnlyList<HistoryEntry> history)
    {
        var told = ChangesOf(heard)[grain].Select(change => change.New).Distinct().Order().ToList();
        var remembered = history.Select(entry => entry.Record.Epoch).Distinct().Order().ToList();
        if (!told.SequenceEqual(remembered))
        {
            yield return $"announced: {grain} had {string.Join(", ", remembered)}, and {string.Join(", ", told)} " +
                "were told";
        }
    }

    /// <summary>The changes of each grain, repeats included.</summary>
    public static ILookup<GrainId, AnnouncedChange> ChangesOf(IReadOnlyList<Announcement> heard) => heard
        .SelectMany(one => one.Grains, static (one, change) => new AnnouncedChange(
            new GrainId(change.Type, change.Key),
            change.OldEpoch is { } old ? Epoch.Parse(old) : null,
            Epoch.Parse(change.NewEpoch)))
        .ToLookup(change => change.Grain);

    private static IEnumerable<string> OutOfOrder(IReadOnlyList<Announcement> heard)
    {
        var known = new HashSet<Guid>();
        var last = new Dictionary<(string Type, int Shard), string>();
        foreach (var one in heard.Where(one => known.Add(one.Event.EventId)))
        {
            var queue = (one.Type, one.Shard);
            var before = last.GetValueOrDefault(queue, "");
            if (string.CompareOrdinal(one.Event.Sequence, before) <= 0)
                yield return $"announced: {one.Type} {one.Event.Sequence} of shard {one.Shard} came after {before}";
            last[queue] = one.Event.Sequence;
        }
    }

    private static IEnumerable<string> BrokenChains(
        IReadOnlyList<Announcement> heard, IReadOnlyCollection<GrainRecord> records)
    {
        var changes = ChangesOf(heard);
        foreach (var record in records)
        {
            Epoch? reached = null;
            foreach (var change in changes[record.Grain].Distinct().OrderBy(change => change.New))
            {
                if (change.Old != reached)
                {
                    yield return $"announced: {record.Grain} went from {change.Old} to {change.New}, and nobody told " +
                        $"how it came there from {reached}";
                }

                reached = change.New;
            }

            if (reached != record.Epoch)
                yield return $"announced: {record.Grain} is owned under {record.Epoch}, and {reached} was told last";
        }
    }
}

/// <summary>One grain of an announcement.</summary>
internal readonly record struct AnnouncedChange(GrainId Grain, Epoch? Old, Epoch New);
