namespace Holdfast.Benchmarks.Failover;

/// <summary>
/// How fast the grains of a dead cluster are promoted by the real services, beside redis-benchmark with our own script
/// and one grain a call, and beside the source system's way of one awaited call after the other.
/// </summary>
internal sealed class FailoverSweep(bool isQuick, string[] arguments)
{
    private const int SequentialGrains = 10_000;
    private const int WarmGrains = 50_000;

    private readonly int _grains = Arguments.Number(arguments, "--grains") ?? (isQuick ? 100_000 : 1_000_000);
    private readonly int _rounds = Arguments.Number(arguments, "--rounds") ?? (isQuick ? 3 : 5);

    public async Task RunAsync()
    {
        Console.WriteLine($"not the defaults: {SystemSettings.Differences}");
        var bytesPerGrain = await BytesPerGrainAsync();
        await using var system = await FailoverSystem.StartAsync();
        await using var clusters = await DeadClusters.WatchAsync(system);

        // Ours compiles its hot paths here; the peers' programs need no such time, or have it before they count.
        await clusters.DieAsync(WarmGrains);
        var rounds = new List<Round>();
        for (var round = 0; round < _rounds; round++)
        {
            var ours = await clusters.DieAsync(_grains);
            var next = new Round(ours, await BenchmarkAsync(), await SequentialAsync());
            Console.WriteLine(
                $"round {round + 1}: sweep {ours.GrainsPerSecond:F0}/s ({ours.Took.TotalMilliseconds:F0} ms, " +
                $"scripts {ours.Scripts.Sum(script => script.Milliseconds):F0} ms, " +
                $"Failover's processor time {ours.FailoverProcessorTime.TotalMilliseconds:F0} ms), " +
                $"redis-benchmark {next.Benchmark:F0}/s, one awaited after the other {next.Sequential:F0}/s");
            rounds.Add(next);
        }

        Print(rounds, bytesPerGrain);
    }

    private async Task<double> BytesPerGrainAsync()
    {
        await using var peer = await PeerDirectory.StartAsync(Holdfast.Directory.DirectoryLimits.ShardsDefault);
        return await peer.BytesPerGrainAsync(_grains);
    }

    private async Task<double> BenchmarkAsync()
    {
        await using var peer = await PeerDirectory.StartAsync(shards: 1);
        return await peer.BenchmarkAsync(_grains);
    }

    private static async Task<double> SequentialAsync()
    {
        await using var peer = await PeerDirectory.StartAsync(Holdfast.Directory.DirectoryLimits.ShardsDefault);
        return await peer.SequentialAsync(SequentialGrains);
    }

    private void Print(List<Round> rounds, double bytesPerGrain)
    {
        var scripts = rounds.SelectMany(round => round.Ours.Scripts).Select(script => script.Milliseconds).ToArray();
        Console.WriteLine($"scripts in Redis' log: {scripts.Length}");
        Result.Print(new Dictionary<string, object>
        {
            ["name"] = "failover-sweep",
            ["peer"] = "redis-benchmark -P 64 -c 50; one awaited register after the other",
            ["rounds"] = rounds.Count,
            ["machine"] = Result.Machine,
            ["grains"] = _grains,
            ["grainsPerSecond"] = Math.Round(Statistics.Median(rounds.Select(round => round.Ours.GrainsPerSecond))),
            ["redisBenchmarkPerSecond"] = Math.Round(Statistics.Median(rounds.Select(round => round.Benchmark))),
            ["sequentialPerSecond"] = Math.Round(Statistics.Median(rounds.Select(round => round.Sequential))),
            ["ratioToRedisBenchmark"] = Math.Round(
                Statistics.Median(rounds.Select(round => round.Ours.GrainsPerSecond / round.Benchmark)), 2),
            ["ratioToSequential"] = Math.Round(
                Statistics.Median(rounds.Select(round => round.Ours.GrainsPerSecond / round.Sequential)), 1),
            ["scriptP999Ms"] = Math.Round(Statistics.Quantile(scripts, 0.999), 3),
            ["scriptMaxMs"] = Math.Round(scripts.Max(), 3),
            ["bytesPerGrain"] = Math.Round(bytesPerGrain, 1),
        });
    }

    private sealed record Round(SweepFigures Ours, double Benchmark, double Sequential);
}
