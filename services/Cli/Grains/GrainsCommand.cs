using Holdfast.Cli.Calls;
using Holdfast.Cli.Output;
using Holdfast.Cli.Settings;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Cli.Grains;

/// <summary><c>holdfast grains [cluster]</c>: counts of all clusters, or a list of what one owns.</summary>
internal static class GrainsCommand
{
    public static async Task<ExitCode> CountAsync(ToolRun run, CancellationToken cancel)
    {
        var directory = run.Directory;
        var live = await ClustersAsync(run, cancel);
        var counts = live.Keys.ToDictionary(cluster => cluster, _ => 0L, StringComparer.Ordinal);
        foreach (var clusters in live.Keys.Chunk(DirectoryLimits.ClustersPerCallMax))
        {
            var pages = await Task.WhenAll(Enumerable.Range(0, directory.Shards).Select(shard =>
                directory.CountAsync(shard, [.. clusters.Select(cluster => new ClusterId(cluster))], cancel)));
            foreach (var page in pages)
            {
                DirectoryWords.Demand(page.Status);
                for (var i = 0; i < clusters.Length; i++) counts[clusters[i]] += page.Counts[i];
            }

            // Every call names owners that it was not asked about, so the first calls have named them all.
            if (clusters[0] == live.Keys.First()) AddUnknown(counts, live, pages);
        }

        Write(run,
        [
            .. counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => new OwnedCount(
                count.Key,
                count.Value,
                live.GetValueOrDefault(count.Key),
                live.ContainsKey(count.Key))),
        ]);
        return ExitCode.Done;
    }

    public static async Task<ExitCode> ListAsync(
        ToolRun run, ClusterId cluster, string? type, int limit, CancellationToken cancel)
    {
        // A page may repeat a grain, and one that was seen counts once.
        var (grains, seen) = (new List<GrainOwnerAnswer>(), new HashSet<GrainId>());
        var directory = run.Directory;
        using (var progress = new Progress(run.Around, "found"))
        {
            for (var shard = 0; shard < directory.Shards && grains.Count <= limit; shard++)
            {
                string? cursor = null;
                do
                {
                    var page = await directory.ListByOwnerAsync(shard, cluster, cursor, cancel);
                    DirectoryWords.Demand(page.Status);
                    grains.AddRange(page.Records
                        .Where(record => (type is null || record.Grain.Type == type) && seen.Add(record.Grain))
                        .Select(GrainRecordAnswer.Of));
                    progress.Report(grains.Count);
                    cursor = page.Next;
                }
                while (cursor is not null && grains.Count <= limit);
            }
        }

        Write(run, new GrainList(
            1, run.Around.Time.GetUtcNow().UtcDateTime, cluster.Value, [.. grains.Take(limit)], grains.Count > limit));
        return ExitCode.Done;
    }

    /// <summary>What owners have that Consensus does not know.</summary>
    private static void AddUnknown(
        Dictionary<string, long> counts, SortedDictionary<string, bool> live, IEnumerable<CountAnswer> pages)
    {
        foreach (var owner in pages.SelectMany(page => page.Others))
        {
            if (live.ContainsKey(owner.Cluster.Value)) continue;
            counts[owner.Cluster.Value] = counts.GetValueOrDefault(owner.Cluster.Value) + owner.Grains;
        }
    }

    /// <summary>The clusters that Consensus has nodes or sessions of, at least one, and whether a node lives.</summary>
    private static async Task<SortedDictionary<string, bool>> ClustersAsync(ToolRun run, CancellationToken cancel)
    {
        if (run.Settings.Consensus.Count == 0) throw ToolRun.Missing("voters of Consensus", SettingKey.Consensus);
        var snapshot = (await new Rounds(run.Caller, run.Settings, run.Around.Time).AskAllAsync(cancel)).Snapshot ??
            throw ToolFailureException.Unreachable("No voter of Consensus answered, which know the clusters.");
        var live = new SortedDictionary<string, bool>(StringComparer.Ordinal);
        foreach (var session in snapshot.Sessions) live.TryAdd(session.Cluster, false);
        foreach (var node in snapshot.Nodes)
            live[node.Cluster] = node.Live || live.GetValueOrDefault(node.Cluster);
        return live.Count > 0 ? live : throw new ToolFailureException(
            ExitCode.Failed, "noCluster", "Consensus knows no cluster: it has neither nodes nor sessions.");
    }

    private static void Write(ToolRun run, IReadOnlyList<OwnedCount> counts)
    {
        var total = counts.Sum(count => count.Grains);
        if (run.IsJson)
        {
            JsonOutput.Write(
                run.Around.Out, new GrainCounts(1, run.Around.Time.GetUtcNow().UtcDateTime, total, counts));
            return;
        }

        run.Screen.Title(new Words(Spoken.Of(total, "grain"), Tone.Strong));
        run.Screen.Table(
            ["CLUSTER", "GRAINS", "SHARE", "NODES"],
            [
                .. counts.Select(count => (Words[])
                [
                    count.Cluster,
                    Spoken.Of(count.Grains),
                    total == 0 ? "" : $"{100 * count.Grains / total} %",
                    NodesOf(count),
                ]),
            ]);
    }

    private static Words NodesOf(OwnedCount count) => count switch
    {
        { Known: false } => new Words("nobody is known", Tone.Bad),
        { Live: false } => new Words("none lives", count.Grains > 0 ? Tone.Bad : Tone.Quiet),
        _ => "live",
    };

    private static void Write(ToolRun run, GrainList list)
    {
        if (run.IsJson)
        {
            JsonOutput.Write(run.Around.Out, list);
            return;
        }

        if (list.Grains.Count == 0) run.Screen.Title($"{list.Cluster} owns no such grain.");
        run.Screen.Table(
            ["GRAIN", "HOLDER", "EPOCH"],
            [
                .. list.Grains.Select(grain => (Words[])
                [
                    grain.Grain, grain.Holder ?? new Words("not claimed", Tone.Warning), grain.Epoch,
                ]),
            ]);
        if (!list.More) return;
        run.Screen.Line(new Words($"There are more than these {list.Grains.Count}; --limit shows more.", Tone.Quiet));
    }
}
