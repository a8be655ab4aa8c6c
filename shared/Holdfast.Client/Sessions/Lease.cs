using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// How long the holder of a session may act. The leader counts a session's time to live from when a keep-alive
/// reached it, the holder from when it sent the one that was acknowledged last, which is earlier; 1 % of the time to
/// live allows for clocks of different speed, and the margin for what is under way when the end comes. So the holder
/// has always stopped before the leader lets another begin.
/// </summary>
/// <param name="SentAt">When the keep-alive that was acknowledged last was sent.</param>
/// <param name="Ttl">The session's time to live.</param>
/// <param name="Margin">Taken off the end.</param>
public readonly record struct Lease(Instant SentAt, TimeSpan Ttl, TimeSpan Margin)
{
    /// <summary>From here on the holder must not act.</summary>
    public Instant EndsAt => SentAt + TimeSpan.FromTicks(Ttl.Ticks / 100 * 99) - Margin;

    /// <summary>Whether the holder may act.</summary>
    public bool Holds(Instant now) => now < EndsAt;

    /// <summary>
    /// The lease after the acknowledgement of a keep-alive. Acknowledgements may come in any order: only one of a
    /// keep-alive that was sent later prolongs.
    /// </summary>
    public Lease Acknowledged(Instant sentAt) => sentAt > SentAt ? this with { SentAt = sentAt } : this;
}
