using Holdfast.Servers.Native;

namespace Holdfast.Servers.Topologies;

/// <summary>A server alone, whose files are where a test can take and put them: never in a container.</summary>
public static class RedisOnDisk
{
    /// <param name="configLines">Lines of redis.conf; without any it keeps nothing unless it is told to.</param>
    public static Task<ITestServer> StartAsync(params IReadOnlyList<string> configLines) =>
        new NativeServers("its files are put back").StartRedisAsync(new RedisSettings { ConfigLines = configLines });
}
