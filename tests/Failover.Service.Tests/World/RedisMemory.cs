using System.Globalization;
using Holdfast.Directory;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>What a <see cref="RedisOnDisk"/> has there, kept at one moment and put back at a later one.</summary>
internal static class RedisMemory
{
    /// <summary>What there is of the files now, beside them.</summary>
    /// <returns>The server's folder.</returns>
    public static async Task<string> KeepAsync(ITestServer redis)
    {
        var folder = (await redis.CliAsync("CONFIG", "GET", "dir")).Split('\n', StringSplitOptions.TrimEntries)[1];
        var kept = Path.Combine(folder, "kept");
        foreach (var file in DataOf(folder))
        {
            var copy = Path.Combine(kept, Path.GetRelativePath(folder, file));
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return folder;
    }

    /// <summary>Kills the server and starts it on what was kept.</summary>
    public static async Task PutBackAsync(ITestServer redis, string folder)
    {
        await redis.KillAsync();
        foreach (var file in DataOf(folder)) File.Delete(file);
        var kept = Path.Combine(folder, "kept");
        foreach (var file in System.IO.Directory.GetFiles(kept, "*", SearchOption.AllDirectories))
            File.Move(file, Path.Combine(folder, Path.GetRelativePath(kept, file)));
        System.IO.Directory.Delete(kept, recursive: true);
        await redis.RestartAsync();
    }

    /// <summary>What each shard knows at a server, told to an operator: no gen where it knows nothing.</summary>
    public static async Task<IReadOnlyList<MemoryPoint>> PointsAsync(ITestServer server)
    {
        var points = new List<MemoryPoint>();
        for (var shard = 0; shard < IncidentWorld.Shards; shard++)
        {
            var meta = (await server.CliAsync("HMGET", $"{{hf:{GrainShard.Name(shard)}}}:meta", "gen", "seq"))
                .Split('\n', StringSplitOptions.TrimEntries);
            var seq = meta[0].Length == 0 ? 0 : ulong.Parse(meta[1], CultureInfo.InvariantCulture);
            points.Add(new MemoryPoint(shard, meta[0], seq));
        }

        return points;
    }

    private static IEnumerable<string> DataOf(string folder) => System.IO.Directory
        .GetFiles(folder, "*", SearchOption.AllDirectories)
        .Where(file => Path.GetExtension(file) is ".aof" or ".manifest" or ".rdb" &&
            !file.Contains("/kept/", StringComparison.Ordinal));
}
