using System.ComponentModel.DataAnnotations;

namespace Holdfast.Failover.Protocol;

/// <summary>How long to wait, how often to look, and how much to do at once.</summary>
public sealed record FailoverOptions
{
    public const string Section = "Failover";

    /// <summary>
    /// How long a cluster that fell silent stays fenced before its grains are promoted, counted from the fence. Longer
    /// spares a move when the cluster comes back by itself, and costs that much downtime when it does not. Does not
    /// apply to an announced leave, a confirmed process death or an operator's fence. From 0 to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long before its fence, for silence, a process of a node may have died for the fence to count as one for that
    /// death. As long as it takes to notice a silent node and to fence it: a process that died earlier died while its
    /// node went on. From 1 s to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan DeathWindow { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Pause between two looks at Consensus' snapshot, and between two sweeps of a shard that was found clean. Events
    /// only hurry a look. From 50 ms to 5 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The share of a cluster's known nodes that must be fenced, none being live, before the cluster counts as
    /// unreachable. 1 waits for all of them. From 0.01 to 1.
    /// </summary>
    [Range(0.01, 1.0)]
    public double FencedShare { get; init; } = 1.0;

    /// <summary>
    /// The share of all grains that may be promoted within <see cref="BrakeWindow"/>; beyond it the sweeps wait. 1
    /// means no brake. A verdict that is wrong about many clusters then does less harm, and one that is right costs
    /// more time. From 0.001 to 1.
    /// </summary>
    [Range(0.001, 1.0)]
    public double BrakeShare { get; init; } = 1.0;

    /// <summary>The window of <see cref="BrakeShare"/>. From 1 s to 24 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan BrakeWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many grains a planned transfer asks its owners for at a time. From 1 to 500.</summary>
    [Range(1, 500)]
    public int TransferBatch { get; init; } = 500;

    /// <summary>
    /// How long a planned transfer waits while no grain arrives, before it goes on to the next batch or, where nothing
    /// arrived at all, gives up. From 100 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan TransferPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many shards are worked on at once, not counting those that only get a new token. Shards that are known to
    /// have fewer grains than one call moves (250) share a place, eight at most. Shards that failed lately take at most
    /// half of the places, so that those that do not answer delay only themselves. More keeps a Redis busy that is far
    /// away, or many of them; fewer is quicker where it is near and has millions of grains, for its caches' sake. From
    /// 2 to 256.
    /// </summary>
    [Range(2, 256)]
    public int ShardsInFlightMax { get; init; } = 4;

    /// <summary>
    /// How long the owners of grains on a shard that lost its memory have to tell it again what they hold; nobody
    /// claims or promotes there meanwhile. Longer waits for owners that are slow to hear of it, shorter lets the others
    /// go on sooner. From 50 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan ReassertWindow { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How old the token of a tombstone is before it is erased, three times that at most, and how often the own token
    /// is renewed for it. Shorter keeps the directory smaller where many grains are released; longer has programs
    /// advance their sessions less often. From 100 ms to 30 days.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "30.00:00:00")]
    public TimeSpan TombstoneAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Pause between two calls that erase tombstones, of up to 500 records looked at. From 10 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan TombstonePace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The first pause after a failed call to a shard; doubles with each failure. From 10 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The longest pause after a failed call; at least <see cref="BackoffMin"/>. From 10 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Time to live of the session that holds the election. Shorter hands over sooner when an instance dies, longer
    /// rides out longer pauses. From 500 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "00:10:00")]
    public TimeSpan SessionTtl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Pause between two keep-alives of it; at most a third of <see cref="SessionTtl"/>. From 50 ms to 3 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:03:00")]
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The clusters to watch. Empty: every cluster that Consensus knows or that owns a grain, but the own one.
    /// </summary>
    public IReadOnlyList<string> Watched { get; init; } = [];
}
