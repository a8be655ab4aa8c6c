using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Directory;

/// <summary>How many grains clusters own, asked of every shard.</summary>
internal sealed class OwnerCounts(IGrainDirectory directory)
{
    private const int ShardsAtOnceMax = 8;

    /// <summary>The grains of each cluster.</summary>
    /// <exception cref="DirectoryUnavailableException">A shard does not answer, or not with counts.</exception>
    public async Task<IReadOnlyDictionary<ClusterId, long>> OfAsync(
        IReadOnlyList<ClusterId> clusters, CancellationToken cancel)
    {
        var sums = new long[clusters.Count];
        foreach (var part in Enumerable.Range(0, directory.Shards).Chunk(ShardsAtOnceMax))
        {
            var answers = await Task.WhenAll(part.Select(shard => directory.CountAsync(shard, clusters, cancel)));
            foreach (var answer in answers)
            {
                if (answer.Status != DirectoryStatus.Ok)
                    throw new DirectoryUnavailableException($"a shard answers {answer.Status}");
                for (var at = 0; at < sums.Length; at++) sums[at] += answer.Counts[at];
            }
        }

        return clusters.Zip(sums).ToDictionary(pair => pair.First, pair => pair.Second);
    }
}
