using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Grains;

/// <summary><c>holdfast grains --json</c>: how many each cluster owns.</summary>
internal sealed record GrainCounts(int Format, DateTime At, long Total, IReadOnlyList<OwnedCount> Clusters);

/// <summary>How many grains a cluster owns.</summary>
/// <param name="Cluster">The cluster.</param>
/// <param name="Grains">How many.</param>
/// <param name="Live">Whether a node of it lives.</param>
/// <param name="Known">Whether Consensus knows a node or a session of it.</param>
internal sealed record OwnedCount(string Cluster, long Grains, bool Live, bool Known);

/// <summary><c>holdfast grains &lt;cluster&gt; --json</c>: some of what a cluster owns.</summary>
/// <param name="Format">1.</param>
/// <param name="At">When it was asked, UTC.</param>
/// <param name="Cluster">The cluster.</param>
/// <param name="Grains">The grains, in no order.</param>
/// <param name="More">Whether there were more than the limit.</param>
internal sealed record GrainList(
    int Format, DateTime At, string Cluster, IReadOnlyList<GrainOwnerAnswer> Grains, bool More);
