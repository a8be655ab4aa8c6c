using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Directory;

/// <summary>How many grains clusters own, asked of every shard.</summary>
internal sealed class OwnerCounts(IGrainDirectory directory)
{
    private const int ShardsAtOnceMax = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>The grains of each cluster.</summary>
    /// <exception cref="DirectoryUnavailableException">A shard does not answer, or not with counts.</exception>
    public async Task<IReadOnlyDictionary<ClusterId, long>> OfAsync(
        IReadOnlyList<ClusterId> clusters, CancellationToken cancel)
    {
        var known = await SumAsync(clusters, async shard => await directory.CountAsync(shard, clusters, cancel));
        return known.ShardsSilent == 0
            ? known.Grains
            : throw new DirectoryUnavailableException($"{known.ShardsSilent} shards do not answer with counts");
    }

    /// <summary>The grains of each cluster, as far as shards say so soon: for people who cannot wait.</summary>
    public async Task<KnownCounts> KnownAsync(IReadOnlyList<ClusterId> clusters, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        return await SumAsync(clusters, async shard =>
        {
            try
            {
                return await directory.CountAsync(shard, clusters, patience.Token);
            }
            catch (Exception silent) when (
                silent is DirectoryUnavailableException or OperationCanceledException &&
                !cancel.IsCancellationRequested)
            {
                return null;
            }
        });
    }

    private async Task<KnownCounts> SumAsync(IReadOnlyList<ClusterId> clusters, Func<int, Task<CountAnswer?>> ask)
    {
        var (sums, silent) = (new long[clusters.Count], 0);
        foreach (var part in Enumerable.Range(0, directory.Shards).Chunk(ShardsAtOnceMax))
        {
            foreach (var answer in await Task.WhenAll(part.Select(ask)))
            {
                if (answer is not { Status: DirectoryStatus.Ok })
                {
                    silent++;
                    continue;
                }

                for (var at = 0; at < sums.Length; at++) sums[at] += answer.Counts[at];
            }
        }

        return new KnownCounts(clusters.Zip(sums).ToDictionary(pair => pair.First, pair => pair.Second), silent);
    }
}

/// <summary>What clusters own.</summary>
/// <param name="Grains">By cluster, as far as it is known.</param>
/// <param name="ShardsSilent">How many shards did not say.</param>
internal sealed record KnownCounts(IReadOnlyDictionary<ClusterId, long> Grains, int ShardsSilent);
