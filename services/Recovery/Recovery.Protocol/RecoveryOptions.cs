using System.ComponentModel.DataAnnotations;

namespace Holdfast.Recovery.Protocol;

/// <summary>How fast slots are placed, how long to wait for whom, and how often to look.</summary>
public sealed record RecoveryOptions
{
    public const string Section = "Recovery";

    /// <summary>
    /// Pause between two rounds of placing. Shorter places sooner, longer spreads a mass of placements over more time.
    /// From 50 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How many slots of one group a round tries to place. More recovers a group sooner, and starts that many copies at
    /// once. From 1 to 500.
    /// </summary>
    [Range(1, 500)]
    public int PerGroupMax { get; init; } = 4;

    /// <summary>
    /// How many slots of all groups a round tries to place; groups take turns. From 1 to 10,000.
    /// </summary>
    [Range(1, 10_000)]
    public int OverallMax { get; init; } = 64;

    /// <summary>
    /// The first pause before a slot that found no place, or did not start, is tried again; doubles each time. From
    /// 10 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The longest such pause; at least <see cref="BackoffMin"/>. A host that comes new ends the pauses of those that
    /// found no place. From 10 ms to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a placed slot may take until its host says that it runs; then it is stopped there and placed anew.
    /// Longer bears slow starts, shorter leaves a hung one sooner. From 500 ms to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00")]
    public TimeSpan ConfirmTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A host that was not heard of for so long gets no slots; what it runs stays there. From 500 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "00:10:00")]
    public TimeSpan HostTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A slot that is unhealthy for so long is said to be unrecoverable, so that people look; it is still tried. From
    /// 1 s to 7 days.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan UnrecoverableAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Pause between two looks at Consensus' snapshot, and between two readings of a group from the directory. Events
    /// only hurry a look. From 50 ms to 5 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many groups are read or written at once. From 1 to 256.</summary>
    [Range(1, 256)]
    public int CallsInFlightMax { get; init; } = 16;

    /// <summary>
    /// The longest pause after a failed call to the directory; the first is <see cref="BackoffMin"/>. From 10 ms to
    /// 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan CallBackoffMax { get; init; } = TimeSpan.FromSeconds(5);

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
}
