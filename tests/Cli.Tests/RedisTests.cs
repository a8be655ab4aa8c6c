using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Cli.Tests;

/// <summary>The tool and the directory on a real Redis: named itself, and found by its Sentinels.</summary>
public sealed class RedisTests : IAsyncLifetime
{
    private const int Shards = 4;
    private const int Grains = 300;

    private static readonly ElectionName Election = new("failover/east");
    private static readonly Token Early = new(0x0001_0000_0000_0010);
    private static readonly Token Late = new(0x0001_0000_0000_0070);

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-cli-").FullName;
    private readonly PaperHosts _hosts = new PaperInstallation().Hosts();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        PaperImport.IsAllowed(_hosts);
        await _hosts.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _hosts.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_was_exported_from_a_redis_that_forgets_all_comes_back_by_the_tool()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();

        await ExportAndImportAsync(
            redis, new DirectoryOptions { Redis = redis.Address }, ["--directory", redis.Address]);
    }

    [Fact]
    public async Task Behind_Sentinels_the_tool_works_at_whichever_is_the_master()
    {
        await using var sentinels = await RedisSentinels.StartAsync();
        var first = await sentinels.MasterAsync();
        await first.KillAsync();
        var other = await sentinels.AnotherMasterAsync(first);

        await ExportAndImportAsync(
            other,
            new DirectoryOptions { Redis = other.Address },
            ["--directory-sentinels", sentinels.Addresses, "--directory-sentinel-master", RedisSentinels.MasterName]);
    }

    [Fact]
    public async Task A_redis_that_does_not_answer_is_named_and_nothing_is_written()
    {
        var redis = await TestServers.Current.StartRedisAsync();
        await redis.DisposeAsync();
        var file = Path.Combine(_folder, "grains.export");

        var outcome = await RunAsync(["--directory", redis.Address, "--timeout", "2"], "directory", "export", file);

        outcome.Exit.ShouldBe(ExitCode.Unreachable, outcome.Text());
        outcome.Errors.ShouldContain(redis.Address);
        File.Exists(file).ShouldBeFalse();
    }

    /// <summary>Grains are counted and exported, Redis forgets all, and the import brings them back.</summary>
    private async Task ExportAndImportAsync(ITestServer redis, DirectoryOptions options, string[] place)
    {
        await using var directory = new RedisGrainDirectory(
            options with { Shards = Shards }, NullLogger<RedisGrainDirectory>.Instance);
        for (var shard = 0; shard < Shards; shard++)
            await directory.OpenShardAsync(shard, Election, Early, Early, Cancel);
        var claims = Enumerable.Range(1, Grains).Select(i => new GrainClaim(new GrainId("account", $"{i}"))).ToList();
        var holder = SessionId.Parse(PaperInstallation.OwnerOfEast);
        await directory.ClaimAsync(claims, new ClusterId("east"), holder, holder.Opened, Cancel);
        var file = Path.Combine(_folder, "grains.export");

        (await DoneAsync(place, "grains")).Output.ShouldContain($"{Grains}");
        await DoneAsync(place, "directory", "export", file);
        await redis.CliAsync("FLUSHALL");
        for (var shard = 0; shard < Shards; shard++)
            await directory.ReopenShardAsync(shard, Election, Late, Late, Cancel);
        await DoneAsync(place, "directory", "import", file, "--yes");

        var back = await directory.LookupAsync([.. claims.Select(claim => claim.Grain)], Cancel);
        back.ShouldAllBe(answer => answer.Record != null && answer.Record.Cluster == new ClusterId("east"));
    }

    private async Task<ToolOutcome> DoneAsync(string[] place, params string[] command)
    {
        var outcome = await RunAsync(place, command);
        outcome.Exit.ShouldBe(ExitCode.Done, outcome.Text());
        return outcome;
    }

    private async Task<ToolOutcome> RunAsync(string[] place, params string[] command)
    {
        var tokenFile = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(tokenFile, "0123456789abcdef", Cancel);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(tokenFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return await new ToolRunner { Hosts = _hosts }
            .With("HOLDFAST_DIRECTORY_SHARDS", $"{Shards}")
            .RunAsync([.. command, .. PaperInstallation.Settings, .. place, "--token-file", tokenFile]);
    }
}
