using System.Runtime.InteropServices;

namespace Holdfast.Benchmarks.Failover;

/// <summary>Whether a sweep's pace and the memory of a grain stay the same from few grains to many. No peer.</summary>
internal sealed class FailoverScale(bool isQuick)
{
    private readonly int[] _grains = isQuick ? [10_000, 50_000, 200_000] : [10_000, 100_000, 1_000_000];
    private readonly int _rounds = isQuick ? 2 : 6;

    // A sweep of few grains is over within what one pause of the machine takes, so it is measured more often.
    private readonly int[] _sweeps = isQuick ? [3, 2, 1] : [5, 3, 1];

    public async Task RunAsync()
    {
        Console.WriteLine($"not the defaults: {SystemSettings.Differences}");
        var bytes = new List<double>();
        foreach (var grains in _grains)
        {
            await using var peer = await PeerDirectory.StartAsync(Directory.DirectoryLimits.ShardsDefault);
            bytes.Add(await peer.BytesPerGrainAsync(grains));
        }

        var paces = _grains.ToDictionary(grains => grains, _ => new List<double>());
        for (var round = 0; round < _rounds; round++)
        {
            foreach (var sweep in await SweepEachAsync(seed: round))
            {
                Console.WriteLine(
                    $"round {round + 1}: {sweep.Grains} grains in {sweep.Took.TotalMilliseconds:F0} ms, " +
                    $"{sweep.GrainsPerSecond:F0}/s");
                paces[sweep.Grains].Add(sweep.GrainsPerSecond);
            }
        }

        var medians = _grains.Select(grains => Statistics.Median(paces[grains])).ToArray();
        Result.Print(new Dictionary<string, object>
        {
            ["name"] = "failover-scale",
            ["peer"] = "none",
            ["rounds"] = _rounds,
            ["machine"] = Result.Machine,
            ["grains"] = _grains,
            ["grainsPerSecond"] = Result.Rounded(medians, 0),
            ["ratioSlowestToFastest"] = Math.Round(medians.Min() / medians.Max(), 2),
            ["farthestFromLine"] = Math.Round(FarthestFromLine(medians), 2),
            ["bytesPerGrain"] = Result.Rounded(bytes, 1),
        });
    }

    // The line through the origin that is as far from the time of a grain of the slowest size as from the fastest's:
    // how far that is, as a share of the line.
    private static double FarthestFromLine(double[] paces) =>
        (paces.Max() - paces.Min()) / (paces.Max() + paces.Min());

    /// <summary>
    /// A new installation, in whose directory the grains of all sizes are before the first cluster dies: what differs
    /// is how many move, and not among how many. They die in an order of the round's own, for who dies later is added
    /// to more.
    /// </summary>
    private async Task<IReadOnlyList<SweepFigures>> SweepEachAsync(int seed)
    {
        await using var system = await FailoverSystem.StartAsync();
        await using var clusters = await DeadClusters.WatchAsync(system);
        var doomed = new List<DoomedCluster>();
        foreach (var (grains, sweeps) in _grains.Zip(_sweeps))
        {
            for (var sweep = 0; sweep < sweeps; sweep++) doomed.Add(await clusters.ClaimAsync(grains));
        }

        // Not counted: the sweeps for which the service compiles.
        foreach (var grains in _grains[..^1]) await clusters.DieAsync(grains);
        new Random(seed).Shuffle(CollectionsMarshal.AsSpan(doomed));
        var figures = new List<SweepFigures>();
        foreach (var cluster in doomed) figures.Add(await clusters.DieAsync(cluster));
        return figures;
    }
}
