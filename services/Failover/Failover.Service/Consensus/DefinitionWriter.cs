using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Failover.Protocol;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>Writes the two words of a creation. What became of it shows in the next snapshot.</summary>
internal sealed class DefinitionWriter(
    ConsensusClient consensus,
    IGrainDirectory directory,
    SnapshotReader snapshots,
    ILogger<DefinitionWriter> logger)
{
    public async Task<FailoverInput> WriteAsync(DefinitionWrite write, CancellationToken cancel)
    {
        try
        {
            var refusal = write == DefinitionWrite.BeginCreation
                ? await PutAsync(DirectoryText.Begin(directory.Shards), onlyIfAbsent: true, cancel)
                : await EndAsync(cancel);

            // Where another has begun before, its word counts.
            if (refusal is null or { Reason: ConsensusRefusalReason.AlreadyExists })
                Log.Defined(logger, write.ToString());
            else
                Log.DefineFailed(logger, refusal.Detail);
        }
        catch (ConsensusUnavailableException failure)
        {
            Log.DefineFailed(logger, failure.Message);
        }

        return new FailoverInput.DefinitionEnded();
    }

    private async Task<ConsensusRefusal?> EndAsync(CancellationToken cancel)
    {
        // Deleted by hand meanwhile: the next observation says so, and the creation begins anew.
        var known = snapshots.Newest?.Definitions.FirstOrDefault(definition => definition.Key == DirectoryText.Key);
        if (known is null) return null;
        return await PutAsync(DirectoryText.End(DirectoryText.Read(known)), onlyIfAbsent: false, cancel);
    }

    private async Task<ConsensusRefusal?> PutAsync(string json, bool onlyIfAbsent, CancellationToken cancel) =>
        (await consensus.PutDefinitionAsync(DirectoryText.Key, json, cancel, onlyIfAbsent)).Refusal;
}
