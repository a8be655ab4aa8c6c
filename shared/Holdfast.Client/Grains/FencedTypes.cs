using System.Collections.Concurrent;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// A grain was to be claimed as fenced whose type is not, or not known to be. <see cref="GrainClaims"/> does not stop
/// at the end of a lease, nor tell a directory that lost its memory what it holds; a <see cref="GrainKeeper"/> does.
/// </summary>
public sealed class GrainTypeNotFencedException(string type, string why)
    : Exception($"Grains of the type '{type}' are not claimed: {why} A GrainKeeper keeps leased grains.")
{
    /// <summary>The type.</summary>
    public string Type { get; } = type;
}

/// <summary>
/// Which grain types are fenced, by their definitions in Consensus. Each is read once, before the first claim: later
/// claims go on without Consensus. Holdfast's own types are fenced, and external ones are no business of a claim.
/// </summary>
internal sealed class FencedTypes(ConsensusClient consensus)
{
    private const string OwnPrefix = "holdfast.";

    private readonly ConcurrentDictionary<string, bool> _fenced = new(StringComparer.Ordinal);

    /// <exception cref="GrainTypeNotFencedException">One of them is to be leased, or may be.</exception>
    /// <exception cref="ConsensusUnavailableException">Nobody answered.</exception>
    public async Task DemandAsync(IReadOnlyCollection<GrainClaim> claims, CancellationToken cancel)
    {
        if (claims.FirstOrDefault(claim => claim.Kind == GrainKind.Leased) is { } leased)
            throw new GrainTypeNotFencedException(leased.Grain.Type, "one of them is to be leased.");
        var types = claims.Select(claim => claim.Grain).Where(IsDefined).Select(grain => grain.Type).Distinct();
        foreach (var type in types.Where(type => !_fenced.ContainsKey(type))) await ReadAsync(type, cancel);
    }

    private static bool IsDefined(GrainId grain) =>
        !grain.IsExternal && !grain.Type.StartsWith(OwnPrefix, StringComparison.Ordinal);

    private async Task ReadAsync(string type, CancellationToken cancel)
    {
        var key = GrainTypeText.KeyOf(type);
        _fenced[type] = await GrainTypeRules.ReadKindAsync(consensus, type, cancel) switch
        {
            GrainKind.Fenced => true,
            null => throw new GrainTypeNotFencedException(type, $"the definition {key} cannot be read."),
            _ => throw new GrainTypeNotFencedException(type, $"the definition {key} says leased."),
        };
    }
}
