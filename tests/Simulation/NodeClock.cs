using Holdfast.Primitives;

namespace Holdfast.Simulation;

/// <summary>
/// The clocks of one machine. All of them run at the machine's own pace, which is a little too fast or too slow.
/// <see cref="Boot"/> counts while the machine is suspended, as CLOCK_BOOTTIME does; <see cref="Running"/> stands still
/// meanwhile, as CLOCK_MONOTONIC does; <see cref="Wall"/> is set by people and by NTP, and jumps.
/// </summary>
/// <param name="trueTime">The time of the world.</param>
/// <param name="pace">Own seconds in a true one, such as 1.0001.</param>
/// <param name="start">What the clocks show at the beginning; machines boot at different times.</param>
public sealed class NodeClock(Func<Instant> trueTime, double pace = 1, TimeSpan start = default)
{
    private TimeSpan _wallOffset;
    private TimeSpan _suspended;
    private Instant? _suspendedSince;

    public double Pace { get; } = pace;

    public Instant Boot => new Instant((long)(trueTime().Ticks * Pace)) + start;

    public Instant Running => (_suspendedSince ?? Boot) - _suspended;

    public DateTimeOffset Wall => DateTimeOffset.UnixEpoch + _wallOffset + (Boot - Instant.Zero);

    /// <summary>How long, by true time, a wait by this clock takes; a tick more, so that it is over then.</summary>
    public TimeSpan TrueWait(TimeSpan wait) => (wait / Pace) + TimeSpan.FromTicks(1);

    /// <summary>Somebody sets the wall clock, forward or back.</summary>
    public void Jump(TimeSpan by) => _wallOffset += by;

    public void Suspend() => _suspendedSince ??= Boot;

    public void Resume()
    {
        if (_suspendedSince is not { } since) return;
        _suspended += Boot - since;
        _suspendedSince = null;
    }
}
