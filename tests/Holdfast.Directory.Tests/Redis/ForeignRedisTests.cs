using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Servers;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>
/// A Redis that is not ours, or not fit: what it is refused with, and that nothing was changed. The table of them is in
/// docs/protocols/directory.md.
/// </summary>
public sealed class ForeignRedisTests : IAsyncDisposable
{
    private readonly LoneShard _shard = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _shard.DisposeAsync();

    [Theory]
    [InlineData("format", "0")]
    [InlineData("format", "2")]
    [InlineData("shards", "64")]
    public async Task A_directory_of_another_format_or_size_is_refused_and_readiness_says_what_is_wanted(
        string field, string other)
    {
        var directory = await _shard.OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await (await _shard.AdminAsync()).HashSetAsync("{hf:00}:meta", field, other);
        var before = await _shard.MemoryAsync();

        (await directory.ClaimAsync(G("a"), East, 11, 12)).Status.ShouldBe(DirectoryStatus.WrongFormat);
        (await directory.ReopenAsync(30)).Status.ShouldBe(DirectoryStatus.WrongFormat);
        (await directory.LookupAsync(G("a"))).Status.ShouldBe(DirectoryStatus.WrongFormat);

        (await _shard.MemoryAsync()).ShouldBe(before);
        (await WaitsForAsync(directory)).ShouldBe("a grain directory of this format with Directory:Shards (1) shards");
    }

    [Fact]
    public async Task A_replica_is_named_as_one_and_who_to_name_instead()
    {
        await _shard.StartAsync();
        await using var replica = await TestServers.Current.StartRedisAsync(new RedisSettings
        {
            ConfigLines = [$"replicaof {_shard.Server.Host} {_shard.Server.Port}", "repl-diskless-sync-delay 0"],
        });
        var directory = _shard.Open(
            new DirectoryOptions { Redis = replica.Address, Deadline = TimeSpan.FromSeconds(1) });

        var refused = await Refusals.UntilAsync(
            DirectoryTrouble.ReadOnly, () => directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel));

        refused.Trouble.ShouldBe(DirectoryTrouble.ReadOnly);
        refused.Message.ShouldContain($"{replica.Address} is a replica, where nothing can be written; Directory:Redis");
        (await WaitsForAsync(directory)).ShouldNotBeNull().ShouldContain("is a replica");
    }

    [Fact]
    public async Task A_redis_without_memory_left_says_so_and_changes_nothing()
    {
        var directory = await _shard.OpenedAsync();
        var admin = await _shard.AdminAsync();
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");

        var refused = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            directory.ClaimAsync(G("a"), East, 11, 11));
        var read = await directory.LookupAsync(G("a"));
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");

        refused.Trouble.ShouldBe(DirectoryTrouble.OutOfMemory);
        refused.Message.ShouldContain("has no memory left for claim, nothing was changed; its maxmemory must be");
        read.Status.ShouldBe(DirectoryStatus.NotFound);
        (await directory.ClaimAsync(G("a"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Theory]
    [InlineData("allkeys-lru", false)]
    [InlineData("allkeys-random", false)]
    [InlineData("volatile-lru", true)]
    [InlineData("noeviction", true)]
    public async Task A_policy_that_drops_keys_is_refused_at_start_until_it_is_another(string policy, bool isFit)
    {
        var directory = await _shard.OpenedAsync();
        var admin = await _shard.AdminAsync();
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", policy);
        var readiness = Readiness(directory);

        await readiness.ProbeAsync(Cancel);
        var first = readiness.WaitsFor();
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await readiness.ProbeAsync(Cancel);

        var wanted = $"a Redis that drops no keys by itself: the maxmemory-policy of {_shard.Address} is {policy}, " +
            "noeviction or volatile-* is wanted";
        first.ShouldBe(isFit ? null : wanted);
        readiness.WaitsFor().ShouldBeNull();
    }

    [Theory]
    [InlineData("-sadd", "SADD {hf:00}:own:,")]
    [InlineData("-xadd", "XADD {hf:00}:out")]
    [InlineData("-hset", "HSET {hf:00}:meta")]
    public async Task A_right_that_is_missing_is_named_at_start_and_by_the_call_that_needs_it(
        string without, string wanted)
    {
        var directory = await _shard.OpenedAsync();
        var admin = await _shard.AdminAsync();
        await admin.ExecuteAsync("ACL", "SETUSER", "default", without);

        var waitsFor = await WaitsForAsync(directory);
        var refused = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            directory.ClaimAsync(G("a"), East, 11, 11));

        waitsFor.ShouldNotBeNull().ShouldStartWith($"the right to {wanted} at {_shard.Address} for the user 'default'");
        refused.Trouble.ShouldBe(DirectoryTrouble.NoPermission);
        refused.Message.ShouldContain("does not let the user 'default' claim; its access list must allow what");
    }

    [Theory]
    [InlineData("-hscan", "HSCAN {hf:00}:rec")]
    [InlineData("-sscan", "SSCAN {hf:00}:own:,")]
    [InlineData("-hgetall", "HGETALL {hf:00}:own:,")]
    [InlineData("-xrange", "XRANGE {hf:00}:out")]
    [InlineData("-xrevrange", "XREVRANGE {hf:00}:hist")]
    public async Task A_right_to_read_that_is_missing_is_named_at_start(string without, string wanted)
    {
        var directory = await _shard.OpenedAsync();
        await (await _shard.AdminAsync()).ExecuteAsync("ACL", "SETUSER", "default", without);

        (await WaitsForAsync(directory)).ShouldNotBeNull().ShouldStartWith($"the right to {wanted} at");
    }

    private static DirectoryReadiness Readiness(RedisGrainDirectory directory) => new(
        directory,
        Microsoft.Extensions.Options.Options.Create(new DirectoryOptions { Shards = 1 }),
        TimeProvider.System);

    private static async Task<string?> WaitsForAsync(RedisGrainDirectory directory)
    {
        var readiness = Readiness(directory);
        await readiness.ProbeAsync(Cancel);
        return readiness.WaitsFor();
    }
}
