using System.Diagnostics;
using Holdfast.Benchmarks.Clusters;

namespace Holdfast.Benchmarks.Consensus;

/// <summary>
/// What more voters cost, how long a start with a long log takes, and whether memory stays flat. No peer: the figures
/// are compared with themselves.
/// </summary>
internal sealed class ConsensusScale(bool isQuick)
{
    private const int Clients = 256;
    private const int Connections = 2;
    private const double MiB = 1024 * 1024;
    private static readonly int[] Voters = [1, 3, 5];

    private readonly TimeSpan _duration = TimeSpan.FromSeconds(isQuick ? 3 : 10);
    private readonly long _restartEntries = isQuick ? 100_000 : 1_000_000;
    private readonly long _flatEntries = isQuick ? 300_000 : 10_000_000;

    public void Run()
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("holdfast-bench-").FullName;
        try
        {
            var writes = Voters.Select(voters => WritesOf(Path.Combine(directory, $"v{voters}"), voters)).ToArray();
            var restart = RestartOf(Path.Combine(directory, "restart"));
            var (start, end) = MemoryOver(Path.Combine(directory, "flat"));
            Result.Print(new Dictionary<string, object>
            {
                ["name"] = "consensus-scale",
                ["peer"] = "none",
                ["rounds"] = 1,
                ["machine"] = Result.Machine,
                ["voters"] = Voters,
                ["writes"] = Result.Rounded(writes, 0),
                ["restartEntries"] = _restartEntries,
                ["restartMillionMs"] = Math.Round(restart),
                ["memoryEntries"] = _flatEntries,
                ["residentMiBStart"] = Math.Round(start, 1),
                ["residentMiBEnd"] = Math.Round(end, 1),
            });
        }
        finally
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    private double WritesOf(string directory, int voters)
    {
        using var side = new Side(new HoldfastCluster(directory, Place.Loopback(voters)), [Clients]);
        side.Begin();
        var result = side.Write(Clients, Connections, TimeSpan.FromSeconds(1), _duration);
        Console.WriteLine($"{voters} voters: {result.WritesPerSecond:F0} writes/s, {side.Effort}");
        return result.WritesPerSecond;
    }

    /// <summary>All voters are killed with that many entries after the last snapshot; until one serves again.</summary>
    private double RestartOf(string directory)
    {
        using var cluster = new HoldfastCluster(
            directory, Place.Loopback(3), "--snapshot-entries", $"{2 * _restartEntries}");
        using var side = new Side(cluster, [Clients]);
        side.Begin();
        WriteAtLeast(side, _restartEntries);
        var started = Stopwatch.GetTimestamp();
        side.KillAndStart();
        var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        Console.WriteLine($"Killed with {_restartEntries} entries in the log; a leader serves after {took:F0} ms");
        return took;
    }

    /// <summary>The leader's memory when a tenth is written, and at the end.</summary>
    private (double Start, double End) MemoryOver(string directory)
    {
        // Many snapshots, also before the first look: between two of them the log in memory grows and shrinks.
        using var cluster = new HoldfastCluster(
            directory, Place.Loopback(3), "--snapshot-entries", $"{_flatEntries / 25}");
        using var side = new Side(cluster, [Clients]);
        side.Begin();
        WriteAtLeast(side, _flatEntries / 10);
        var start = side.LeaderResidentBytes / MiB;
        WriteAtLeast(side, _flatEntries - (_flatEntries / 10));
        var end = side.LeaderResidentBytes / MiB;
        Console.WriteLine(
            $"The leader holds {start:F1} MiB after a tenth of {_flatEntries} entries, {end:F1} after all");
        return (start, end);
    }

    private static void WriteAtLeast(Side side, long entries)
    {
        var slice = TimeSpan.FromSeconds(2);
        for (var written = 0.0; written < entries;)
            written += side.Write(Clients, Connections, TimeSpan.Zero, slice).WritesPerSecond * slice.TotalSeconds;
    }
}
