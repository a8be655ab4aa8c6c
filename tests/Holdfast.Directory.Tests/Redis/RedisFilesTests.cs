using Holdfast.Directory.Redis;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>A Redis that cannot write its files.</summary>
public sealed class RedisFilesTests : IAsyncDisposable
{
    private readonly RedisFixture _redis = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task A_redis_that_cannot_write_its_files_lets_nobody_connect_and_who_tries_is_told_why_that_may_be()
    {
        var files = System.IO.Directory.CreateTempSubdirectory("holdfast-files-");
        await _redis.StartAsync(new RedisSettings { ConfigLines = [$"dir {files.FullName}", "save 3600 1"] });
        files.Delete(recursive: true);
        await _redis.Server.CliAsync("BGSAVE");
        await _redis.Server.UntilAsync(
            "a save that failed",
            info => info.Contains("rdb_last_bgsave_status:err", StringComparison.Ordinal),
            "INFO",
            "persistence");
        (await Should.ThrowAsync<InvalidOperationException>(() => _redis.Server.CliAsync("PING")))
            .Message.ShouldContain("MISCONF");
        await using var directory = Within(TimeSpan.FromSeconds(4));
        await using var patient = Within(TimeSpan.FromSeconds(60));
        var during = patient.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);

        var failure = await Should.ThrowAsync<DirectoryUnavailableException>(
            () => directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel));

        failure.Message.ShouldContain("refused the PING with which a connection begins");
        failure.Message.ShouldContain("MISCONF");
        await _redis.Server.CliAsync("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
        (await during).Status.ShouldBe(DirectoryStatus.Ok);
    }

    private RedisGrainDirectory Within(TimeSpan deadline) => new(
        new DirectoryOptions { Redis = _redis.Address, Shards = 1, Deadline = deadline },
        NullLogger<RedisGrainDirectory>.Instance);
}
