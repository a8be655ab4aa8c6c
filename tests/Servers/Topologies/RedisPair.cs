using Holdfast.Servers.Native;

namespace Holdfast.Servers.Topologies;

/// <summary>Two servers of which one copies the other, and nobody who decides which: a test does.</summary>
public sealed class RedisPair : IAsyncDisposable
{
    private RedisPair(ITestServer first, ITestServer second) => (First, Second) = (first, second);

    /// <summary>The master at start.</summary>
    public ITestServer First { get; }

    /// <summary>Its replica at start.</summary>
    public ITestServer Second { get; }

    /// <summary>Completes when the second is a replica of the first.</summary>
    public static async Task<RedisPair> StartAsync()
    {
        var native = new NativeServers("topologies are native");
        var first = await native.StartRedisAsync(Settings());
        var pair = new RedisPair(first, await native.StartRedisAsync(Settings()));
        await FollowAsync(pair.Second, first);
        return pair;
    }

    /// <summary>Completes when a server is a replica of another, with what that one has instead of its own.</summary>
    public static async Task FollowAsync(ITestServer server, ITestServer master)
    {
        await server.CliAsync("REPLICAOF", master.Host, $"{master.Port}");
        await server.UntilAsync(
            "a replica", info => info.Contains("master_link_status:up", StringComparison.Ordinal), "INFO");
    }

    /// <summary>Makes a replica a master, of what it has by now.</summary>
    public static Task PromoteAsync(ITestServer server) => server.CliAsync("REPLICAOF", "NO", "ONE");

    public async ValueTask DisposeAsync()
    {
        await Second.DisposeAsync();
        await First.DisposeAsync();
    }

    private static RedisSettings Settings() => new()
    {
        ConfigLines = ["repl-diskless-sync-delay 0", "repl-ping-replica-period 1"],
    };
}
