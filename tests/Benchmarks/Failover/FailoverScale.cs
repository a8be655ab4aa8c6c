namespace Holdfast.Benchmarks.Failover;

/// <summary>Whether a sweep's pace and the memory of a grain stay the same from few grains to many. No peer.</summary>
internal sealed class FailoverScale(bool isQuick)
{
    private readonly int[] _grains = isQuick ? [10_000, 50_000, 200_000] : [10_000, 100_000, 1_000_000];
    private readonly int _rounds = isQuick ? 2 : 3;

    public async Task RunAsync()
    {
        Console.WriteLine($"not the defaults: {SystemSettings.Differences}");
        var bytes = new List<double>();
        foreach (var grains in _grains)
        {
            await using var peer = await PeerDirectory.StartAsync(Directory.DirectoryLimits.ShardsDefault);
            bytes.Add(await peer.BytesPerGrainAsync(grains));
        }

        await using var system = await FailoverSystem.StartAsync();
        await using var clusters = await DeadClusters.WatchAsync(system);
        await clusters.DieAsync(_grains[1]);
        var paces = _grains.ToDictionary(grains => grains, _ => new List<double>());
        for (var round = 0; round < _rounds; round++)
        {
            foreach (var grains in _grains)
            {
                var sweep = await clusters.DieAsync(grains);
                Console.WriteLine(
                    $"round {round + 1}: {grains} grains in {sweep.Took.TotalMilliseconds:F0} ms, " +
                    $"{sweep.GrainsPerSecond:F0}/s");
                paces[grains].Add(sweep.GrainsPerSecond);
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
            ["bytesPerGrain"] = Result.Rounded(bytes, 1),
        });
    }
}
