using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;

namespace Holdfast.Recovery.Service.Consensus;

/// <summary>Reads Consensus' snapshot for the machine. One read at a time.</summary>
internal sealed class WorldReader(SnapshotFeed feed, ILogger<WorldReader> logger)
{
    private const string DirectoryKey = "directory";

    private string? _trouble = "the first snapshot of Consensus";

    /// <summary>Why the last read failed; null when it was well.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    /// <summary>Whether the directory was defined, by the newest snapshot.</summary>
    public bool HasDirectory => feed.Newest?.Definitions.Any(definition => definition.Key == DirectoryKey) == true;

    public async Task<RecoveryInput> ReadAsync(Token from, CancellationToken cancel)
    {
        try
        {
            var world = WorldText.Read(await feed.ReadAsync(from, cancel), NoteIllegible);
            Volatile.Write(ref _trouble, null);
            return new RecoveryInput.Observed(world);
        }
        catch (Exception failure) when (
            failure is ConsensusUnavailableException or ConsensusRefusedException or FormatException)
        {
            Telemetry.ObserveFailed();
            Log.ObserveFailed(logger, failure.Message);
            Volatile.Write(ref _trouble, failure.Message);
            return new RecoveryInput.ObserveFailed();
        }
    }

    private void NoteIllegible(DefinitionAnswer definition, string why) =>
        Log.DefinitionIllegible(logger, definition.Key, why);
}
