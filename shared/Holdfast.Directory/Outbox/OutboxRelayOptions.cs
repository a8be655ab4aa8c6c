using System.ComponentModel.DataAnnotations;

namespace Holdfast.Directory;

/// <summary>How the relay of the outboxes paces itself. The pauses double from the shorter to the longer one.</summary>
public sealed record OutboxRelayOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "OutboxRelay";

    /// <summary>
    /// The first pause after an outbox was found empty. Shorter announces sooner what other processes changed, and
    /// costs a read per shard each time. From 1 ms to 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan PollIntervalMin { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The longest pause between two reads of an empty outbox, and so the longest wait of an event while all is well.
    /// From 1 ms to 60 s, not below <see cref="PollIntervalMin"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan PollIntervalMax { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The first pause after the bus or the directory failed. From 1 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RetryIntervalMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause after the bus or the directory failed. From 1 ms to 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RetryIntervalMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the relay may be held back while its Failover promotes, so that the promotion has Redis and the
    /// processors for itself. Shorter announces the first of very many grains sooner and promotes the last of them
    /// later. From 0 to 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan HoldMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it is held back after the last promotion that was answered. From 0 to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan HoldIdleMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Entries of one read, published one by one and then trimmed together. More saves calls; a relay that ends
    /// before the trim repeats as many. From 1 to 1,000.
    /// </summary>
    [Range(1, 1_000)]
    public int PageEntriesMax { get; init; } = 100;
}
