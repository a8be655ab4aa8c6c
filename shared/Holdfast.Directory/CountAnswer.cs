using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>How many grains clusters own on a shard.</summary>
/// <param name="Status">What it came to.</param>
/// <param name="Counts">Live records of each cluster, in the order asked.</param>
/// <param name="Version">The memory of the shard.</param>
public sealed record CountAnswer(DirectoryStatus Status, IReadOnlyList<long> Counts, ShardVersion Version)
{
    /// <summary>
    /// Clusters that own something on the shard and were not asked about, at most
    /// <see cref="DirectoryLimits.ClustersPerCallMax"/>, in no order. A directory that was written to by a version
    /// without this list names a cluster once it has gained a grain again.
    /// </summary>
    public IReadOnlyList<OwnedGrains> Others { get; init; } = [];

    /// <summary>
    /// What was promoted on the shard by calls with <see cref="PromoteCall.KeptFor"/>, of every election, in no order;
    /// it may be older than it was to be kept. Empty where only older versions promoted, which keep nothing.
    /// </summary>
    public IReadOnlyList<PromotedGrains> Promoted { get; init; } = [];
}

/// <summary>What a cluster owns on a shard.</summary>
/// <param name="Cluster">The owner.</param>
/// <param name="Grains">Its live records; at least 1.</param>
public sealed record OwnedGrains(ClusterId Cluster, long Grains);

/// <summary>What an election promoted on a shard in a while.</summary>
/// <param name="Ago">
/// How long ago the last of them were, by the clocks of whoever promoted them and whoever asks; never below 0.
/// </param>
/// <param name="Grains">How many; at least 1.</param>
public sealed record PromotedGrains(TimeSpan Ago, long Grains)
{
    internal static PromotedGrains Of(DateTime last, long grains, DateTime now) =>
        new(last < now ? now - last : TimeSpan.Zero, grains);
}
