using Holdfast.Directory;
using Holdfast.Hosting;
using Holdfast.Recovery.Service.Consensus;

namespace Holdfast.Recovery.Service;

/// <summary>Consensus answers.</summary>
internal sealed class ConsensusReadiness(WorldReader reader) : IReadinessCheck
{
    public string Name => "consensus";

    public string? WaitsFor() => reader.Trouble;
}

/// <summary>The directory answers and was created.</summary>
internal sealed class GrainDirectoryReadiness(DirectoryReadiness directory, WorldReader reader) : IReadinessCheck
{
    public string Name => "directory";

    public string? WaitsFor() => directory.WaitsFor() ?? (reader.HasDirectory
        ? null
        : "the creation of the grain directory, by the holder of a failover/<cluster> election");
}
