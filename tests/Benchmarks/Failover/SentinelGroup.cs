using System.Diagnostics;
using Holdfast.Benchmarks.Clusters;
using Holdfast.Servers;

namespace Holdfast.Benchmarks.Failover;

/// <summary>A master, a replica, and three Sentinels of which two must agree.</summary>
internal sealed class SentinelGroup : IDisposable
{
    /// <summary>What is not the default.</summary>
    public const string Differences = "sentinel down-after-milliseconds 1000";

    private const int Sentinels = 3;
    private const string Redis = "redis-server";
    private const string Name = "watched";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReadyPace = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ProbePace = TimeSpan.FromMilliseconds(1);

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-bench-");
    private readonly int _replicaPort = FreePort.Next();
    private readonly int[] _sentinelPorts = [.. Enumerable.Range(0, Sentinels).Select(_ => FreePort.Next())];
    private readonly ServerProcess _master;
    private readonly List<ServerProcess> _others = [];

    public SentinelGroup()
    {
        var masterPort = FreePort.Next();
        _master = Start(masterPort);
        try
        {
            _others.Add(Start(_replicaPort, "--replicaof", "127.0.0.1", $"{masterPort}"));
            foreach (var port in _sentinelPorts) _others.Add(StartSentinel(port, masterPort));
            Await("the replica follows", () => Says(_replicaPort, "INFO replication", "master_link_status:up"));
            foreach (var port in _sentinelPorts)
                Await("the Sentinels know all", () => Says(port, "INFO sentinel", $"slaves=1,sentinels={Sentinels}"));
        }
        catch
        {
            // Who gets no object disposes none, and the servers would run on.
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Milliseconds from SIGKILL of the master until the replica takes a write; it is asked itself, so that no client
    /// has to find it.
    /// </summary>
    public double Measure()
    {
        var replica = RedisLine.TryOpen(_replicaPort);
        var killed = Stopwatch.GetTimestamp();
        _master.Kill();
        for (var answer = ""; !answer.StartsWith("+OK", StringComparison.Ordinal);)
        {
            if (Stopwatch.GetElapsedTime(killed) > Patience)
                throw new MeasurementFailedException($"The replica takes no writes: {answer}");
            if (answer.Length > 0) Pause.For(ProbePace);
            answer = replica?.Ask("SET written after") ?? "";
            if (answer.Length > 0) continue;
            replica?.Dispose();
            replica = RedisLine.TryOpen(_replicaPort);
        }

        replica?.Dispose();
        return Stopwatch.GetElapsedTime(killed).TotalMilliseconds;
    }

    public void Dispose()
    {
        _master.Dispose();
        foreach (var process in _others) process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static void Await(string what, Func<bool> isSo)
    {
        for (var started = Stopwatch.GetTimestamp(); !isSo(); Pause.For(ReadyPace))
            if (Stopwatch.GetElapsedTime(started) > Patience) throw new MeasurementFailedException($"Never: {what}.");
    }

    private static bool Says(int port, string question, string words)
    {
        using var line = RedisLine.TryOpen(port);
        return line?.Ask(question).Contains(words, StringComparison.Ordinal) ?? false;
    }

    // A replica writes what it is sent at first into its folder.
    private ServerProcess Start(int port, params string[] more)
    {
        if (!File.Exists($"/usr/bin/{Redis}")) throw new PeerMissingException(Redis);
        var folder = _folder.CreateSubdirectory($"{port}").FullName;
        return new ServerProcess(
            Redis, ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--dir", folder, .. more]);
    }

    private ServerProcess StartSentinel(int port, int masterPort)
    {
        var file = Path.Combine(_folder.FullName, $"{port}.conf");
        File.WriteAllLines(file,
        [
            $"port {port}",
            "bind 127.0.0.1",
            $"sentinel monitor {Name} 127.0.0.1 {masterPort} 2",
            $"sentinel down-after-milliseconds {Name} 1000",
        ]);
        return new ServerProcess(Redis, [file, "--sentinel"]);
    }
}
