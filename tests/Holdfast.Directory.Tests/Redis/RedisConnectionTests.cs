using System.Runtime.CompilerServices;
using Holdfast.Directory.Redis;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>A connection whose making goes wrong.</summary>
public sealed class RedisConnectionTests : IAsyncDisposable
{
    private const string Key = "{hf:00}:meta";

    private readonly RedisFixture _redis = new();

    public static TheoryData<string> Troubles => ["a race within the client", "what nobody foresaw"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task Whatever_ends_an_attempt_to_connect_is_followed_by_another(string trouble)
    {
        await _redis.StartAsync();
        var attempts = 0;
        await using var connection = Open(configuration => ++attempts == 1
            ? Task.FromException<ConnectionMultiplexer>(Of(trouble))
            : ConnectionMultiplexer.ConnectAsync(configuration));

        var answer = await connection.EvaluateAsync(RedisScript.Describe, Key, ["gauges"], Cancel);

        answer.IsNull.ShouldBeFalse();
        attempts.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task A_connection_that_never_came_about_is_closed_without_a_word(string trouble)
    {
        await _redis.StartAsync();
        var tried = new TaskCompletionSource();
        var attempt = new TaskCompletionSource<ConnectionMultiplexer>();
        var connection = Open(_ =>
        {
            tried.TrySetResult();
            return attempt.Task;
        });
        var call = connection.EvaluateAsync(RedisScript.Describe, Key, [], Cancel);
        await tried.Task.WaitAsync(Cancel);

        var closed = connection.DisposeAsync();
        attempt.SetException(Of(trouble));

        await closed;
        await Should.ThrowAsync<DirectoryUnavailableException>(() => call);
    }

    [Fact]
    public async Task A_connection_that_is_accepted_and_never_answered_is_left_for_a_new_one()
    {
        await _redis.StartAsync();
        await using var relay = new CutRelay(_redis.Server);
        var muted = relay.MuteAsync();
        await using var connection =
            Open(configuration => ConnectionMultiplexer.ConnectAsync(configuration), relay.Address);
        var call = connection.EvaluateAsync(RedisScript.Describe, Key, ["gauges"], Cancel);
        await muted.WaitAsync(Cancel);

        relay.Open();

        (await call).IsNull.ShouldBeFalse();
    }

    [Fact]
    public async Task What_a_test_connects_itself_is_connected_anew_where_nothing_answers()
    {
        await _redis.StartAsync();
        await using var relay = new CutRelay(_redis.Server);
        var muted = relay.MuteAsync();
        var opening = RedisConnections.OpenAsync($"{relay.Address},syncTimeout=60000");
        await muted.WaitAsync(Cancel);

        relay.Open();

        var connection = await opening.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        (await connection.GetDatabase().PingAsync()).ShouldBeGreaterThan(TimeSpan.Zero);
        await connection.CloseAsync(allowCommandsToComplete: false);
    }

    [Fact]
    public void A_null_within_the_client_is_trouble_on_the_way_to_redis_and_one_of_ours_is_not()
    {
        RedisError.IsRedis(Race()).ShouldBeTrue();
        RedisError.IsPassing(Race()).ShouldBeTrue();
        RedisError.IsRedis(Should.Throw<NullReferenceException>(() => ((string)null!).Length)).ShouldBeFalse();
    }

    private static Exception Of(string trouble) =>
        trouble == "a race within the client" ? Race() : new InvalidDataException(trouble);

    /// <summary>As the client throws it: by itself, on what it does not have.</summary>
    private static NullReferenceException Race()
    {
        var nothing = (ConnectionMultiplexer)RuntimeHelpers.GetUninitializedObject(typeof(ConnectionMultiplexer));
        return Should.Throw<NullReferenceException>(() => nothing.GetStatus());
    }

    private RedisConnection Open(
        Func<ConfigurationOptions, Task<ConnectionMultiplexer>> open, string? address = null) => new(
        new DirectoryOptions { Redis = address ?? _redis.Address, Shards = 1, Deadline = TimeSpan.FromSeconds(30) },
        NullLogger.Instance,
        TimeProvider.System,
        _ => Task.CompletedTask,
        open);
}
