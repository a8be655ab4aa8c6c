using Holdfast.Client;
using Holdfast.Primitives;

namespace Holdfast.Integration.World;

/// <summary>
/// A user's programs: they claim grains under sessions that name their nodes, and write to a resource that compares
/// epochs.
/// </summary>
internal sealed class Owners(HoldfastSystem system) : IAsyncDisposable
{
    private readonly List<HoldfastSession> _sessions = [];

    /// <summary>The resource, which outlives every owner.</summary>
    public EpochGate Resource { get; } = new();

    /// <summary>Who held what in the dead cluster, as its programs still remember it.</summary>
    public IReadOnlyDictionary<GrainId, Epoch> Remembered { get; private set; } = new Dictionary<GrainId, Epoch>();

    public IReadOnlyList<GrainId> Grains { get; private set; } = [];

    /// <summary>The sessions of the dead cluster's programs.</summary>
    public IReadOnlyList<HoldfastSession> Old => [.. _sessions.Take(2)];

    /// <summary>Both nodes of a cluster own half of the grains each, and write each of them once.</summary>
    public async Task ClaimAllAsync(string cluster, int count, CancellationToken cancel)
    {
        Grains = [.. Enumerable.Range(0, count).Select(i => new GrainId("order", $"{i}"))];
        var remembered = new Dictionary<GrainId, Epoch>();
        foreach (var (node, half) in Grains.Chunk(count / 2).Select((half, i) => ($"{cluster}-{i + 1}", half)))
        {
            foreach (var (grain, epoch) in await ClaimAsync(node, cluster, half, cancel)) remembered[grain] = epoch;
        }

        Remembered = remembered;
    }

    /// <summary>One program claims grains, all of them or the test fails, and writes each once.</summary>
    public async Task<IReadOnlyDictionary<GrainId, Epoch>> ClaimAsync(
        string node, string cluster, IReadOnlyList<GrainId> grains, CancellationToken cancel)
    {
        var session = await system.OpenSessionAsync(node, cluster, cancel);
        _sessions.Add(session);
        var claims = new GrainClaims(system.Directory, session);
        var results = await claims.ClaimAsync(grains.ToArray(), cancel);
        results.ShouldAllBe(result => result.IsHeld);
        foreach (var (grain, epoch) in claims.Held)
            Resource.Pass(grain.ToString(), epoch).Passed.ShouldBeTrue($"the write of {grain} under {epoch}");
        return claims.Held;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions) await session.DisposeAsync();
    }
}
