using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Benchmarks.Failover;

/// <summary>Grains that no round has used before, with keys of 14 bytes as in the figures of the design.</summary>
internal static class Grains
{
    public const int TextBytes = 14;

    // Batches under way at once while a round is prepared.
    private const int BatchesInFlight = 8;

    private static int _next;

    public static GrainId[] Take(int count, string type = "order") =>
        [.. Enumerable.Range(0, count).Select(_ => new GrainId(type, $"{_next++:d8}"))];

    /// <summary>In batches of one shard each, as many at once as keep Redis busy.</summary>
    public static async Task ForEachBatchAsync(
        IReadOnlyList<GrainId> grains, int shards, Func<GrainId[], Task> act)
    {
        var batches = grains
            .GroupBy(grain => GrainShard.Of(grain, shards))
            .SelectMany(shard => shard.Chunk(DirectoryLimits.GrainsPerCallMax));
        var options = new ParallelOptions { MaxDegreeOfParallelism = BatchesInFlight };
        await Parallel.ForEachAsync(batches, options, async (batch, _) => await act(batch));
    }
}
