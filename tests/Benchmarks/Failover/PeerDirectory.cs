using System.Diagnostics;
using System.Globalization;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Benchmarks.Failover;

/// <summary>A directory on a Redis of its own, with nobody beside it: no relay, no service.</summary>
internal sealed class PeerDirectory : IAsyncDisposable
{
    private const string Benchmark = "redis-benchmark";
    private const string Dead = "dead";
    private const string AnyCursor = "4711";
    private const ulong FirstNumber = 1;

    // Most of the grains, so that the buckets that a call looks into are not empty.
    private const double Share = 0.8;

    private static readonly ElectionName Election = ElectionName.Failover(new ClusterId(SystemSettings.Heir));
    private static readonly Token OwnersToken = new(1);
    private static readonly Token PromotersToken = new(2);

    private readonly ITestServer _redis;
    private readonly RedisGrainDirectory _directory;

    private PeerDirectory(ITestServer redis, int shards)
    {
        _redis = redis;
        var options = new DirectoryOptions
        {
            Redis = redis.Address,
            Shards = shards,
            OutboxEntriesMax = 10_000_000,
            OutboxBytesMax = 1L << 34,
        };
        _directory = new RedisGrainDirectory(options, NullLogger<RedisGrainDirectory>.Instance);
    }

    public static async Task<PeerDirectory> StartAsync(int shards)
    {
        var peer = new PeerDirectory(await TestServers.Current.StartRedisAsync(), shards);
        Precedence.GiveToChildren();
        for (var shard = 0; shard < shards; shard++)
            await peer._directory.OpenShardAsync(shard, Election, OwnersToken, OwnersToken, CancellationToken.None);
        return peer;
    }

    /// <summary>Grains a second that redis-benchmark promotes with our own script, one a call.</summary>
    public async Task<double> BenchmarkAsync(int count)
    {
        using var probe = new RedisProbe(_redis);
        await LoadAsync(count);
        await _directory.InstallGrantAsync(0, Election, PromotersToken, CancellationToken.None);
        var call = await OwnCallAsync(probe);
        var calls = (int)(count * Share);
        var before = probe.Count("SCARD", $"*own:{Dead}");
        var perSecond = RunBenchmark(call, calls, count);
        var promoted = before - probe.Count("SCARD", $"*own:{Dead}");
        if (promoted < calls / 2)
            throw new MeasurementFailedException($"{Benchmark} promoted {promoted} grains in {calls} calls.");
        return perSecond * promoted / calls;
    }

    /// <summary>Grains a second in the source system's way: registered under the next number, one awaited after the
    /// other.</summary>
    public async Task<double> SequentialAsync(int count)
    {
        var grains = Grains.Take(count, "ext.order");
        await Parallel.ForEachAsync(grains, async (grain, cancel) =>
            await _directory.RegisterAsync(grain, new ClusterId(Dead), FirstNumber, cancel));
        var heir = new ClusterId(SystemSettings.Heir);
        var started = Stopwatch.GetTimestamp();
        foreach (var grain in grains)
        {
            var answer = await _directory.RegisterAsync(grain, heir, FirstNumber + 1, CancellationToken.None);
            if (answer.Status != DirectoryStatus.Ok)
                throw new MeasurementFailedException($"{grain} was not registered: {answer.Status}.");
        }

        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Bytes of record and index for each of so many grains that are owned and held.</summary>
    public async Task<double> BytesPerGrainAsync(int count)
    {
        using var probe = new RedisProbe(_redis);
        var before = probe.UsedBytes();
        await LoadAsync(count);
        probe.Forget("*:out", "*:hist");
        var grown = (double)(probe.UsedBytes() - before) / count;
        Console.WriteLine(
            $"memory: used_memory grew by {grown:F1} bytes a grain with outbox and history deleted, of which record " +
            $"and index are {(double)probe.BytesOf("*:rec", "*:own:*") / count:F1} by MEMORY USAGE; less one of the " +
            $"two copies of the key text ({Grains.TextBytes} bytes)");
        return grown - Grains.TextBytes;
    }

    public async ValueTask DisposeAsync()
    {
        await _directory.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private Task LoadAsync(int count) => Grains.ForEachBatchAsync(
        Grains.Take(count),
        _directory.Shards,
        batch => _directory.ClaimAsync(
            [.. batch.Select(grain => new GrainClaim(grain))],
            new ClusterId(Dead),
            new SessionId(OwnersToken),
            OwnersToken,
            CancellationToken.None));

    /// <summary>The call that the directory makes, as Redis logged it.</summary>
    private async Task<string[]> OwnCallAsync(RedisProbe probe)
    {
        PromoteCall call = new(0, Election, PromotersToken, new ClusterId(Dead), [], AnyCursor, "silence")
        {
            GrainsMax = 1,
        };

        // Twice: the first brings the script along, the second calls it by its digest.
        await _directory.PromoteAsync(call, CancellationToken.None);
        probe.StartLog();
        await _directory.PromoteAsync(call, CancellationToken.None);
        return probe.EndLog().Single(script => script.Has(Dead)).Arguments;
    }

    private double RunBenchmark(string[] call, int calls, int grains)
    {
        // Any number is a place where a scan may begin.
        var single = call.Select(argument => argument == AnyCursor ? "__rand_int__" : argument);
        string[] arguments =
            ["-p", $"{_redis.Port}", "-P", "64", "-c", "50", "-n", $"{calls}", "-r", $"{2 * grains}", "--csv"];
        var start = new ProcessStartInfo(Benchmark, [.. arguments, .. single])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var process = Start(start);
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var figures = said.Trim().Split('\n')[^1].Split("\",\"");
        if (process.ExitCode != 0 || figures.Length < 2) throw new MeasurementFailedException($"{Benchmark}: {said}");
        return double.Parse(figures[1], CultureInfo.InvariantCulture);
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new PeerMissingException("redis-tools");
        }
    }
}
