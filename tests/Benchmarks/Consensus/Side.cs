using System.Diagnostics;
using Holdfast.Benchmarks.Clusters;
using Holdfast.Benchmarks.Load;

namespace Holdfast.Benchmarks.Consensus;

/// <summary>One of the two systems under load, with what its clients know of their keys.</summary>
internal sealed class Side(IStoreCluster cluster, int[] levels) : IDisposable
{
    private readonly Dictionary<int, KeyLedger> _ledgers =
        levels.ToDictionary(level => level, level => new KeyLedger(level));

    private Member? _leader;

    public string Name => cluster.Name;

    /// <summary>Microseconds of processor time of the last run's writes: each member's, then the clients'.</summary>
    public string Effort { get; private set; } = "";

    public Dictionary<int, List<LoadResult>> Results { get; } =
        levels.ToDictionary(level => level, _ => new List<LoadResult>());

    public void Begin()
    {
        Console.WriteLine(cluster.CommandLine);
        cluster.Start();
        _leader = cluster.Leader();
    }

    /// <summary>A load that is measured.</summary>
    public LoadResult Write(int clients, int connections, TimeSpan warm, TimeSpan duration)
    {
        var result = Load(clients, connections, warm, duration);
        Results[clients].Add(result);
        return result;
    }

    /// <summary>All clients write at once, over a few connections to the leader.</summary>
    public LoadResult Load(int clients, int connections, TimeSpan warm, TimeSpan duration)
    {
        var before = ProcessorTimes();
        var parts = new List<long>[connections];
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, connections).Select(i => new Thread(() =>
        {
            try
            {
                var (first, next) = (clients * i / connections, clients * (i + 1) / connections);
                using var loop = cluster.Connect(_leader!);
                parts[i] = loop.Write(_ledgers[clients], first, next - first, warm, duration);
            }
            catch (Exception failure)
            {
                lock (failures) failures.Add(failure);
            }
        })).ToList();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        if (failures.Count > 0) throw new MeasurementFailedException($"{Name}: {failures[0].Message}");

        var latencies = parts.SelectMany(part => part)
            .Select(ticks => ticks * 1000.0 / Stopwatch.Frequency).ToArray();
        var result = new LoadResult(
            latencies.Length / duration.TotalSeconds,
            Statistics.Quantile(latencies, 0.5),
            Statistics.Quantile(latencies, 0.99));
        var writes = latencies.Length * ((warm + duration) / duration);
        var spent = ProcessorTimes().Zip(before, (after, then) => (after - then).TotalMicroseconds / writes);
        Effort = $"cpu us/write {string.Join(" + ", spent.Select(micros => micros.ToString("F1", null)))}";
        return result;
    }

    /// <summary>SIGKILL of all members, a start on what they left, and a linearizable read of every key.</summary>
    /// <returns>How many keys had been acknowledged; all of them are there.</returns>
    public int KillAndVerify()
    {
        KillAndStart();
        using var loop = cluster.Connect(_leader!);
        return _ledgers.Values.Sum(ledger => Verify(loop, ledger));
    }

    /// <summary>SIGKILL of all members, and a start on what they left; returns when one leads and answers.</summary>
    public void KillAndStart()
    {
        cluster.KillAll();
        cluster.Start();
        _leader = cluster.Leader();
    }

    public long LeaderResidentBytes => _leader!.Process!.ResidentBytes;

    public void Dispose() => cluster.Dispose();

    private int Verify(ClosedLoop loop, KeyLedger ledger)
    {
        var keys = Enumerable.Range(0, ledger.Keys).Where(ledger.WasAcknowledged).ToList();
        loop.Read(ledger, keys, (key, value) =>
        {
            if (ledger.Check(key, value) is { } wrong) throw new MeasurementFailedException($"{Name}: {wrong}");
        });
        return keys.Count;
    }

    private List<TimeSpan> ProcessorTimes() =>
    [
        .. cluster.Members.Select(member => member.Process!.ProcessorTime),
        Process.GetCurrentProcess().TotalProcessorTime,
    ];
}
