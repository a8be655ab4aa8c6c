using StackExchange.Redis;

namespace Holdfast.Client.Guards.Tests;

/// <summary>The guard inside a Redis that keeps what it acknowledges.</summary>
public sealed class RedisGuardTests(RedisStore store) : RedisGuardContract(store), IClassFixture<RedisStore>;

/// <summary>The same on a Redis Cluster of three masters with replicas.</summary>
public sealed class RedisClusterGuardTests(RedisClusterStore store)
    : RedisGuardContract(store), IClassFixture<RedisClusterStore>;

public abstract class RedisGuardContract(RedisStore store) : GuardContract
{
    private static readonly GrainId Grain = new("account", "own");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected override IGuardedStore Store => store;

    [Fact]
    public async Task The_write_has_its_own_keys_and_values_and_what_it_returns_comes_back()
    {
        var swap = new RedisGuardedWrite("return { redis.call('GETSET', KEYS[2], ARGV[1]), #KEYS, #ARGV }");
        var grain = NewGrain();
        RedisKey[] keys = [$"a{RedisGuardedWrite.Tag(grain)}", $"b{RedisGuardedWrite.Tag(grain)}"];
        await swap.RunAsync(store.Redis, grain, EpochOf(5), keys, ["first", "more"], Cancel);

        var swapped = await swap.RunAsync(store.Redis, grain, EpochOf(5), keys, ["second", "more"], Cancel);

        swapped.Passed.ShouldBeTrue();
        ((string[])swapped.Result!).ShouldBe(["first", "2", "2"]);
    }

    [Fact]
    public async Task A_write_that_returns_nothing_has_passed_all_the_same()
    {
        var quiet = new RedisGuardedWrite("redis.call('SET', KEYS[1], ARGV[1])");

        var guarded = await quiet.RunAsync(
            store.Redis, Grain, EpochOf(5), [$"quiet{RedisGuardedWrite.Tag(Grain)}"], ["word"], Cancel);

        guarded.Passed.ShouldBeTrue();
        guarded.Result.ShouldBeNull();
        ((string)await store.Redis.StringGetAsync($"quiet{RedisGuardedWrite.Tag(Grain)}")).ShouldBe("word");
    }

    [Theory]
    [InlineData("return redis.error_reply('OUTOFSTOCK nothing is left')", "OUTOFSTOCK")]
    [InlineData("return redis.call('LPUSH', 'not-a-list-but-wrong', KEYS[9])", "ERR")]
    public async Task An_error_of_the_write_is_thrown_and_the_gate_stays_closed_behind_it(string write, string said)
    {
        var failing = new RedisGuardedWrite(write);
        var fine = new RedisGuardedWrite("return 1");
        var grain = NewGrain();

        (await Should.ThrowAsync<RedisServerException>(
            () => failing.RunAsync(store.Redis, grain, EpochOf(9), [], [], Cancel))).Message.ShouldContain(said);

        var late = await fine.RunAsync(store.Redis, grain, EpochOf(5), [], [], Cancel);
        (late.Passed, late.Highest).ShouldBe((false, EpochOf(9)));
    }

    [Fact]
    public async Task What_somebody_else_put_in_the_epochs_place_is_named_and_left_alone()
    {
        var fine = new RedisGuardedWrite("return redis.call('SET', KEYS[1], 'written')");
        var grain = NewGrain();
        RedisKey written = $"written{RedisGuardedWrite.Tag(grain)}";
        await store.Redis.StringSetAsync(RedisGuardedWrite.EpochKey(grain), "my own words");

        var foreign = await Should.ThrowAsync<MalformedEpochException>(
            () => fine.RunAsync(store.Redis, grain, EpochOf(9), [written], [], Cancel));

        foreign.Message.ShouldContain($"holdfast:epoch:{{{grain}}}");
        foreign.Message.ShouldContain("'my own words'");
        ((string)await store.Redis.StringGetAsync(RedisGuardedWrite.EpochKey(grain))).ShouldBe("my own words");
        (await store.Redis.KeyExistsAsync(written)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_flushed_script_cache_is_no_error()
    {
        var fine = new RedisGuardedWrite("return 'done'");
        var grain = NewGrain();
        await fine.RunAsync(store.Redis, grain, EpochOf(5), [], [], Cancel);
        await store.ForgetScriptsAsync();

        ((string)(await fine.RunAsync(store.Redis, grain, EpochOf(5), [], [], Cancel)).Result!).ShouldBe("done");
    }

    [Fact]
    public async Task Who_waits_for_a_silent_server_can_give_up()
    {
        var fine = new RedisGuardedWrite("return 'done'");
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await store.PauseAsync();
        try
        {
            await Should.ThrowAsync<OperationCanceledException>(
                () => fine.RunAsync(store.Redis, NewGrain(), EpochOf(5), [], [], patience.Token));
        }
        finally
        {
            await store.ResumeAsync();
        }
    }
}
