using System.Collections.Immutable;
using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Failover.Service.Loop;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service;

/// <summary>Consensus answers, and its voters are laid out so that automatic failover is safe.</summary>
internal sealed class ConsensusReadiness(SnapshotReader snapshots, FailoverLoop loop) : IReadinessCheck
{
    public string Name => "consensus";

    public string? WaitsFor() => snapshots.Trouble ?? loop.View.LayoutProblem;
}

/// <summary>The directory answers, is created, and has the shards that Consensus has on record.</summary>
internal sealed class GrainDirectoryReadiness(DirectoryReadiness directory, FailoverLoop loop) : IReadinessCheck
{
    private const string ShardLost = nameof(DirectoryStatus.ShardLost);

    public string Name => "directory";

    public string? WaitsFor() => directory.WaitsFor() ?? loop.View switch
    {
        { DirectoryProblem: { } problem } => problem,
        { Directory: not { Created: true } } =>
            "the creation of the grain directory, by the holder of a failover/<cluster> election",
        { Shards: var shards } => Lost(shards),
    };

    // Known to be created, and a shard of it answers that it was never opened: it has lost what it held.
    private string? Lost(ImmutableArray<ShardView> shards)
    {
        int[] lost = [.. shards.Where(shard => shard.Trouble == ShardLost).Select(shard => shard.Shard)];
        if (lost.Length == 0 && directory.IsUnopened) lost = [0];
        return lost.Length > 0
            ? $"the records of the grain directory, which is created and has lost its shards {string.Join(", ", lost)}"
            : null;
    }
}
