using Holdfast.Directory;
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
    public string Name => "directory";

    public string? WaitsFor() => directory.WaitsFor() ?? loop.View switch
    {
        { DirectoryProblem: { } problem } => problem,
        { Directory: not { Created: true } } =>
            "the creation of the grain directory, by the holder of a failover/<cluster> election",
        _ => null,
    };
}
