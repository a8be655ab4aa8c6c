using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>The kinds of the grain types of a program, from their definitions in Consensus.</summary>
internal sealed class GrainKinds(ConsensusClient consensus, IReadOnlyList<string> types, ILogger logger)
{
    private const string Leased = "leased";

    private volatile Dictionary<string, GrainKind>? _known;
    private volatile string _told = "";

    /// <summary>
    /// The kind of a type; null where it is not known, and then nothing of the type is claimed: what is leased must not
    /// be taken for fenced.
    /// </summary>
    public GrainKind? Of(string type) => _known?.TryGetValue(type, out var kind) == true ? kind : null;

    /// <summary>Reads the definitions where they were never read.</summary>
    /// <exception cref="ConsensusUnavailableException">Nobody answered.</exception>
    public Task EnsureAsync(CancellationToken cancel) => _known is null ? RefreshAsync(cancel) : Task.CompletedTask;

    /// <summary>Reads the definitions anew; one that cannot be read keeps its type unclaimed.</summary>
    /// <exception cref="ConsensusUnavailableException">Nobody answered; what was known stays.</exception>
    public async Task RefreshAsync(CancellationToken cancel)
    {
        var (kinds, unknown) = (new Dictionary<string, GrainKind>(StringComparer.Ordinal), new List<string>());
        foreach (var type in types)
        {
            if (await ReadAsync(consensus, type, cancel) is { } kind) kinds.Add(type, kind);
            else unknown.Add(type);
        }

        _known = kinds;
        var told = string.Join(' ', unknown);
        if (told.Length > 0 && told != _told) Log.GrainKindsUnknown(logger, told);
        _told = told;
    }

    /// <summary>The kind of a type by its definition now; null where that cannot be read.</summary>
    /// <exception cref="ConsensusUnavailableException">Nobody answered.</exception>
    public static async Task<GrainKind?> ReadAsync(ConsensusClient consensus, string type, CancellationToken cancel)
    {
        if (await consensus.DefinitionAsync(GrainTypeText.KeyOf(type), cancel) is not { } definition)
            return GrainKind.Fenced;
        if (GrainTypeText.Read(definition.Value) is not { } text) return null;
        return text.Kind == Leased ? GrainKind.Leased : GrainKind.Fenced;
    }
}
