using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>
/// The kinds of the grain types of a program, and where they may live, from their definitions in Consensus.
/// </summary>
internal sealed class GrainTypeRules(ConsensusClient consensus, IReadOnlyList<string> types, ILogger logger)
{
    private volatile Dictionary<string, GrainTypeText>? _known;
    private volatile string _told = "";

    /// <summary>
    /// The kind of a type; null where it is not known, and then nothing of the type is claimed: what is leased must not
    /// be taken for fenced.
    /// </summary>
    public GrainKind? KindOf(string type) => _known?.GetValueOrDefault(type) is { } rule ? KindOf(rule) : null;

    /// <summary>Whether grains of a type may live in a cluster; false where that is not known.</summary>
    public bool MayLiveIn(string type, ClusterId cluster) =>
        _known?.GetValueOrDefault(type) is { } rule &&
        (rule.AllowedClusters is not { Count: > 0 } allowed || allowed.Contains(cluster.Value));

    /// <summary>Reads the definitions where they were never read.</summary>
    /// <exception cref="ConsensusUnavailableException">Nobody answered.</exception>
    public Task EnsureAsync(CancellationToken cancel) => _known is null ? RefreshAsync(cancel) : Task.CompletedTask;

    /// <summary>Reads the definitions anew; one that cannot be read keeps its type unclaimed.</summary>
    /// <exception cref="ConsensusUnavailableException">Nobody answered; what was known stays.</exception>
    public async Task RefreshAsync(CancellationToken cancel)
    {
        var (known, unknown) = (new Dictionary<string, GrainTypeText>(StringComparer.Ordinal), new List<string>());
        foreach (var type in types)
        {
            if (await ReadAsync(consensus, type, cancel) is { } rule) known.Add(type, rule);
            else unknown.Add(type);
        }

        _known = known;
        var told = string.Join(' ', unknown);
        if (told.Length > 0 && told != _told) Log.GrainKindsUnknown(logger, told);
        _told = told;
    }

    /// <summary>The kind of a type by its definition now; null where that cannot be read.</summary>
    /// <exception cref="ConsensusUnavailableException">Nobody answered.</exception>
    public static async Task<GrainKind?> ReadKindAsync(
        ConsensusClient consensus, string type, CancellationToken cancel) =>
        await ReadAsync(consensus, type, cancel) is { } rule ? KindOf(rule) : null;

    private static GrainKind KindOf(GrainTypeText rule) =>
        rule.Kind == GrainTypeText.Leased ? GrainKind.Leased : GrainKind.Fenced;

    private static async Task<GrainTypeText?> ReadAsync(
        ConsensusClient consensus, string type, CancellationToken cancel) =>
        await consensus.DefinitionAsync(GrainTypeText.KeyOf(type), cancel) is { } definition
            ? GrainTypeText.Read(definition.Value)
            : new GrainTypeText();
}
