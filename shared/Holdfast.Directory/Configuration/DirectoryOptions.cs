using System.ComponentModel.DataAnnotations;

namespace Holdfast.Directory;

/// <summary>Which implementation of the directory a process uses.</summary>
public enum DirectoryBackend
{
    /// <summary>In this process' memory, gone with it.</summary>
    Embedded,

    /// <summary>A Redis server, or a Redis Cluster.</summary>
    Redis,

    /// <summary>Another process' embedded one.</summary>
    Http,
}

/// <summary>How a process reaches the grain directory.</summary>
public sealed record DirectoryOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Directory";

    /// <summary>Which implementation: <c>embedded</c>, <c>redis</c> or <c>http</c>.</summary>
    public DirectoryBackend Backend { get; init; } = DirectoryBackend.Redis;

    /// <summary>
    /// The servers of the <c>redis</c> backend, <c>host:port</c>, several separated by ','. One is enough to find a
    /// whole Redis Cluster; more survive the loss of that one at start.
    /// </summary>
    public string Redis { get; init; } = "localhost:6379";

    /// <summary>
    /// The Sentinels of the <c>redis</c> backend, <c>host:port</c>, several separated by ','; name all of them. They
    /// are asked where the master is, every second and whenever it fails; <see cref="Redis"/> is not used then.
    /// </summary>
    public string? Sentinels { get; init; }

    /// <summary>What the Sentinels call the master.</summary>
    public string SentinelMaster { get; init; } = "mymaster";

    /// <summary>The user of the Sentinels; without one the password is their own.</summary>
    public string? SentinelUser { get; init; }

    /// <summary>A file with the password of the Sentinels; absent: none is sent.</summary>
    public string? SentinelPasswordFile { get; init; }

    /// <summary>The address of the <c>http</c> backend, for instance <c>http://127.0.0.1:7400</c>.</summary>
    public Uri? Address { get; init; }

    /// <summary>The user of the <c>redis</c> backend; without one the password is the server's own.</summary>
    public string? User { get; init; }

    /// <summary>A file with the password of the <c>redis</c> backend; absent: none is sent.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>A file with the bearer token of the <c>http</c> backend; absent: none is sent.</summary>
    public string? TokenFile { get; init; }

    /// <summary>
    /// How long one call may take, retries included. Longer rides out a Redis failover without an error; shorter
    /// tells a caller sooner that it must try again. From 50 ms to 60 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How many shards the directory has. Fixed when it is created; another number is answered with
    /// <c>wrongFormat</c>. More spread the work over more Redis Cluster masters and cost the relay more reads.
    /// From 1 to 256.
    /// </summary>
    [Range(1, DirectoryLimits.ShardsMax)]
    public int Shards { get; init; } = DirectoryLimits.ShardsDefault;

    /// <summary>
    /// Outbox entries of the whole directory that may wait for the bus; a shard has its part. More lets claims and
    /// promotions go on longer without a bus, and costs memory. From the number of shards to 10,000,000.
    /// </summary>
    [Range(1, 10_000_000)]
    public int OutboxEntriesMax { get; init; } = DirectoryLimits.OutboxEntriesMax;

    /// <summary>Bytes of the whole directory's outboxes; a shard has its part. From 1 MiB to 16 GiB.</summary>
    [Range(1L << 20, 1L << 34)]
    public long OutboxBytesMax { get; init; } = 256L << 20;

    /// <summary>
    /// Changes that the history of one shard keeps, the oldest are forgotten. A change of 500 grains takes
    /// 8 KiB, 30 where every record is different. From 1 to 100,000.
    /// </summary>
    [Range(1, 100_000)]
    public int HistoryEntriesMax { get; init; } = 1_000;

    /// <summary>Grains that a list or a scan takes at once; lower in tests only, to have many pages.</summary>
    internal int GrainsPerScan { get; init; } = DirectoryLimits.GrainsPerCallMax;

    /// <summary>Grains that a promotion takes at once, where it was asked for so many (null: for no number).</summary>
    internal int GrainsPerPromotion(int? asked) =>
        Math.Min(asked ?? GrainsPerScan, Math.Min(GrainsPerScan, DirectoryLimits.GrainsPerPromotion));

    /// <summary>How messages call the Redis that is meant.</summary>
    internal string RedisName => Sentinels is null ? Redis : $"'{SentinelMaster}' of the Sentinels {Sentinels}";

    /// <summary>The part of <see cref="OutboxEntriesMax"/> that one shard may use.</summary>
    internal long OutboxEntriesPerShard => Math.Max(1, OutboxEntriesMax / Shards);

    /// <summary>The part of <see cref="OutboxBytesMax"/> that one shard may use.</summary>
    internal long OutboxBytesPerShard => Math.Max(1, OutboxBytesMax / Shards);
}
