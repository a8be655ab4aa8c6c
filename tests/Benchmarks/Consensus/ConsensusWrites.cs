using System.Diagnostics;
using Holdfast.Benchmarks.Clusters;
using Holdfast.Benchmarks.Load;

namespace Holdfast.Benchmarks.Consensus;

/// <summary>
/// Writes per second of three voters of samples/KeyValue beside three members of etcd, alternating, with every
/// acknowledged key read back after all members were killed.
/// </summary>
internal sealed class ConsensusWrites
{
    private static readonly int[] AllLevels = [1, 64, 1000];

    private readonly int[] _levels;
    private readonly int _rounds;
    private readonly TimeSpan _warm;
    private readonly TimeSpan _duration;
    private readonly bool _isQuick;
    private readonly string? _only;
    private readonly int? _connections;

    public ConsensusWrites(bool isQuick, string[] arguments)
    {
        _isQuick = isQuick;
        _rounds = Arguments.Number(arguments, "--rounds") ?? (isQuick ? 2 : 7);
        _warm = TimeSpan.FromSeconds(isQuick ? 0.5 : 1);
        _duration = TimeSpan.FromSeconds(Arguments.Number(arguments, "--seconds") ?? (isQuick ? 1.5 : 5));
        _levels = Arguments.Number(arguments, "--clients") is { } level ? [level] : AllLevels;
        _connections = Arguments.Number(arguments, "--connections");
        _only = Arguments.Text(arguments, "--only");
    }

    public void Run()
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("holdfast-bench-").FullName;
        try
        {
            var flushes = Disk.FlushesPerSecond(directory, TimeSpan.FromSeconds(1));
            Console.WriteLine($"The disk: {flushes:F0} flushes of a small write a second, one after the other.");
            var places = Place.Loopback(3);
            using var ours = _only == "etcd" ? null : new Side(new HoldfastCluster(directory, places), _levels);
            using var theirs = _only == "holdfast" ? null : new Side(new EtcdCluster(directory, places), _levels);
            List<Side> sides = [.. new[] { ours, theirs }.OfType<Side>()];
            foreach (var side in sides) side.Begin();
            for (var round = 1; round <= _rounds; round++) Round(round, sides);
            if (ours is not null && theirs is not null) Print(ours, theirs, flushes);
        }
        finally
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>A process that has just started has seen every load before it is measured, in both systems.</summary>
    private void Warm(List<Side> sides)
    {
        foreach (var side in sides)
            foreach (var clients in _levels) side.Load(clients, ConnectionsFor(clients), TimeSpan.Zero, _warm);
    }

    /// <summary>More connections cost both systems more than they give on few cores; see the README.</summary>
    private int ConnectionsFor(int clients) => _connections ?? (clients == 1 ? 1 : clients < 512 ? 2 : 4);

    private void Round(int round, List<Side> sides)
    {
        // Who begins changes, so that what the one leaves behind in caches and queues helps or hurts both alike.
        var order = round % 2 == 1 ? sides : Enumerable.Reverse(sides).ToList();
        if (round == 1 || !_isQuick) Warm(sides);
        foreach (var clients in _levels)
        {
            foreach (var side in order)
            {
                var result = side.Write(clients, ConnectionsFor(clients), _warm, _duration);
                Console.WriteLine(
                    $"round {round}  {side.Name,-8} {clients,5} clients: {result.WritesPerSecond,8:F0} writes/s  " +
                    $"median {result.MedianMs,7:F3} ms  p99 {result.P99Ms,7:F3} ms  {side.Effort}");
            }
        }

        // Also in a quick run both are killed once.
        if (_isQuick && round < _rounds) return;
        foreach (var side in order)
        {
            var took = Stopwatch.StartNew();
            var keys = side.KillAndVerify();
            Console.WriteLine(
                $"round {round}  {side.Name,-8} killed and restarted; {keys} acknowledged keys are there " +
                $"({took.Elapsed.TotalSeconds:F1} s)");
        }
    }

    private void Print(Side ours, Side theirs, double flushes)
    {
        IEnumerable<double> Medians(Side side) =>
            _levels.Select(level => Statistics.Median(side.Results[level].Select(result => result.WritesPerSecond)));
        IEnumerable<double> Ratios(Func<LoadResult, double> figure) => _levels.Select(level => Statistics.Median(
            ours.Results[level].Zip(theirs.Results[level], (mine, peer) => figure(mine) / figure(peer))));

        Result.Print(new Dictionary<string, object>
        {
            ["name"] = "consensus-writes",
            ["peer"] = "etcd 3.4",
            ["rounds"] = _rounds,
            ["machine"] = Result.Machine,
            ["clients"] = _levels,
            ["ours"] = Result.Rounded(Medians(ours), 0),
            ["theirs"] = Result.Rounded(Medians(theirs), 0),
            ["ratio"] = Result.Rounded(Ratios(static result => result.WritesPerSecond), 2),
            ["p99ratio"] = Result.Rounded(Ratios(static result => result.P99Ms), 2),
            ["flushesPerSecond"] = Math.Round(flushes),
        });
    }
}
