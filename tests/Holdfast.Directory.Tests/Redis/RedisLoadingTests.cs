using Holdfast.Directory.Redis;
using Holdfast.Servers;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>A Redis that has much to read before it serves again.</summary>
public sealed class RedisLoadingTests : IAsyncDisposable
{
    // Redis pauses after each key, for tests like this one, and looks after its clients after each thousand.
    private const string SlowLoad = "key-load-delay 10";
    private const int Keys = 30_000;

    private readonly RedisFixture _redis = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task A_redis_that_loads_is_no_connection_yet_and_said_once()
    {
        await _redis.StartAsync(new RedisSettings
        {
            ConfigLines = ["appendonly yes", "appendfsync no", SlowLoad],
        });
        using var said = new RecordedLog();
        await using var directory = new RedisGrainDirectory(
            new DirectoryOptions { Redis = _redis.Address, Shards = 1, Deadline = TimeSpan.FromSeconds(30) },
            said.CreateLogger<RedisGrainDirectory>());
        await directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
        var admin = await _redis.AdminAsync();
        for (var i = 0; i < Keys; i++) _ = admin.StringSetAsync($"other:{i}", "", flags: CommandFlags.FireAndForget);
        await admin.PingAsync();
        await _redis.Server.KillAsync();
        said.Clear();

        var during = directory.ShardAsync(0, Cancel);
        await _redis.Server.RestartAsync();

        var seen = await during;
        seen.Run.ShouldNotBe(seen.Process);
        var lines = string.Join('\n', said.Lines);
        said.Lines.Count(line => line.Text.StartsWith("Connected", StringComparison.Ordinal)).ShouldBe(1, lines);
        said.Lines.Count.ShouldBeLessThanOrEqualTo(3, lines);
    }
}
