using System.Globalization;
using Holdfast.Client;
using Holdfast.Primitives;
using Holdfast.Servers;
using StackExchange.Redis;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>Why an owner came to the resource.</summary>
internal enum SaveReason
{
    /// <summary>It was given the grain, and reads what was saved.</summary>
    Loads,

    /// <summary>It has counted.</summary>
    Counted,

    /// <summary>It is drained; it may not have counted since it loaded.</summary>
    Drained,
}

/// <summary>What the resource took.</summary>
/// <param name="Grain">Whose it is.</param>
/// <param name="Epoch">Under which epoch.</param>
/// <param name="Reason">Why.</param>
/// <param name="Count">The count that it has since.</param>
internal sealed record SavedCount(GrainId Grain, Epoch Epoch, SaveReason Reason, long Count);

/// <summary>
/// The state of all grains, a count each, in a Redis that refuses lower epochs. All that it takes it keeps in a list,
/// in the order in which it took it.
/// </summary>
internal sealed class SavedCounts : IAsyncDisposable
{
    private const string Log = "log";

    // An owner's first act passes the guard, and loads in the same step.
    private static readonly RedisGuardedWrite Write = new("""
        if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2]) end
        local count = redis.call('GET', KEYS[1]) or '0'
        redis.call('RPUSH', KEYS[2], ARGV[1] .. count)
        return count
        """);

    private readonly ConnectionMultiplexer _redis;

    private SavedCounts(ConnectionMultiplexer redis) => _redis = redis;

    public static async Task<SavedCounts> OpenAsync(string address) =>
        new(await RedisConnections.OpenAsync(address));

    /// <summary>What was saved of a grain, for an owner under a new epoch; null where a higher one was there.</summary>
    public async Task<long?> LoadAsync(GrainId grain, Epoch epoch, CancellationToken cancel)
    {
        var loaded = await RunAsync(grain, epoch, SaveReason.Loads, null, cancel);
        return loaded.Passed ? (long)loaded.Result! : null;
    }

    /// <summary>False where a higher epoch was there.</summary>
    public async Task<bool> SaveAsync(
        GrainId grain, Epoch epoch, SaveReason reason, long count, CancellationToken cancel) =>
        (await RunAsync(grain, epoch, reason, count, cancel)).Passed;

    /// <summary>Everything that was taken, in order.</summary>
    public async Task<IReadOnlyList<SavedCount>> AllAsync() =>
    [
        .. from entry in await _redis.GetDatabase().ListRangeAsync(Log)
           let parts = ((string)entry!).Split(' ')
           select new SavedCount(
               GrainId.Parse(parts[0]),
               Epoch.Parse(parts[1]),
               Enum.Parse<SaveReason>(parts[2]),
               long.Parse(parts[3], CultureInfo.InvariantCulture)),
    ];

    /// <summary>What shows that somebody went on from a state that was not the last one.</summary>
    public static IEnumerable<string> Problems(IEnumerable<SavedCount> taken)
    {
        var last = new Dictionary<GrainId, long>();
        foreach (var one in taken)
        {
            var (before, isCounted) = (last.GetValueOrDefault(one.Grain), one.Reason == SaveReason.Counted);
            if (one.Count < before || (isCounted && one.Count == before))
                yield return $"{one} does not go on from {before}";
            last[one.Grain] = one.Count;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.CloseAsync();
        _redis.Dispose();
    }

    private Task<Guarded<RedisResult>> RunAsync(
        GrainId grain, Epoch epoch, SaveReason reason, long? count, CancellationToken cancel) =>
        Write.RunAsync(
            _redis.GetDatabase(),
            grain,
            epoch,
            [$"count:{grain}", Log],
            [$"{grain} {epoch} {reason} ", count is { } some ? some.ToString(CultureInfo.InvariantCulture) : ""],
            cancel);
}
