using System.Collections.Concurrent;
using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// Lists what the own cluster owns, for what no event told: grains that nobody living holds are claimed, and ones that
/// are held but not listed are looked at. A shard on which nothing has changed since is not listed again.
/// </summary>
internal sealed class GrainListing(
    ShardCalls calls, KeptGrains kept, GrainClaiming claiming, GrainTelling telling, GrainKeeperOptions options)
{
    private readonly HashSet<string> _types = [.. options.Types];

    // Invariant: of these shards everything free was claimed when they had come so far, and the cluster looked so.
    private readonly ConcurrentDictionary<int, (ShardVersion Version, string Look)> _done = new();

    private HoldfastSession Session => calls.Session;

    /// <summary>One round over the shards that have changed.</summary>
    public async Task ListAsync(ClusterLook look, CancellationToken cancel)
    {
        List<int> changed = [.. Enumerable.Range(0, calls.Directory.Shards).Where(shard => IsChanged(shard, look))];
        if (changed.Count == 0) return;
        var held = kept.Read(book => book.All
            .Select(holding => holding.Grain)
            .ToLookup(grain => GrainShard.Of(grain, calls.Directory.Shards)));
        await calls.ForShardsAsync(
            changed, (shard, inner) => ListAsync(shard, [.. held[shard]], look, inner), cancel);
    }

    private bool IsChanged(int shard, ClusterLook look) =>
        telling.VersionOf(shard) is { } version &&
        !(_done.TryGetValue(shard, out var done) && done == (version, look.Fingerprint));

    private async Task ListAsync(int shard, HashSet<GrainId> held, ClusterLook look, CancellationToken cancel)
    {
        var version = telling.VersionOf(shard);
        var (free, own, isWaiting) = (new List<GrainClaim>(), new HashSet<GrainId>(), false);
        if (!await calls.ListAsync(shard, Session.Cluster, Sort, cancel)) return;
        var results = await claiming.ClaimAsync(free, cancel, own: own);
        var isLooked = await claiming.LookAsync(held, cancel);
        var isDone = !isWaiting && isLooked && results.Count == free.Count &&
            results.All(result => result.Status is DirectoryStatus.Ok or DirectoryStatus.LostRace);
        if (isDone && version is not null) _done[shard] = (version, look.Fingerprint);

        void Sort(IReadOnlyList<GrainRecord> records)
        {
            foreach (var record in records.Where(record => _types.Contains(record.Grain.Type)))
            {
                if (IsHeldSo(record) && held.Remove(record.Grain)) continue;
                if (record.Holder is null && look.IsOwn(record.Grain)) free.Add(new GrainClaim(record.Grain));
                else if (record.Holder == Session.Id && kept.Read(book => book.Find(record.Grain)) is null)
                    AddOwn(record.Grain);
                else if (record.Holder is { } other && look.IsOver(other) && look.IsOwn(record.Grain))
                    isWaiting |= !TryTakeOver(record, other);
            }
        }

        void AddOwn(GrainId grain)
        {
            own.Add(grain);
            free.Add(new GrainClaim(grain));
        }

        // Under another epoch it was claimed by a call whose answer was lost: then it is looked at.
        bool IsHeldSo(GrainRecord record) =>
            record.Holder == Session.Id && kept.Read(book => book.Find(record.Grain))?.Epoch == record.Epoch;

        // A leased grain is its holder's until the session has ended, which a fence alone does not bring about.
        bool TryTakeOver(GrainRecord record, SessionId other)
        {
            if (record.Kind == GrainKind.Leased && !look.HasEnded(other)) return false;
            free.Add(new GrainClaim(record.Grain, record.Epoch));
            return true;
        }
    }
}
