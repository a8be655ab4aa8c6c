using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// When to read Consensus' snapshot: at the check interval, at once after a hint, when a grace is over, and after a
/// short pause where a read was of no use to a sweep that waits for one. One read at a time; a hint during a read asks
/// for one more after it, however many hints there were.
/// </summary>
internal sealed class Lookout(TimeSpan checkInterval, Backoff backoff)
{
    private bool _isLooking;
    private bool _isHurried = true;
    private Instant _nextAt;
    private int _inVain;

    /// <summary>When the newest read began.</summary>
    public Instant AskedAt { get; private set; }

    /// <summary>A sweep may begin on what is read from then on.</summary>
    public Instant? GraceOverAt { get; set; }

    public Instant? WakeAt
    {
        get
        {
            if (_isLooking) return null;
            if (_isHurried) return AskedAt;
            return GraceOverAt is { } over && over > AskedAt ? Instant.Min(over, _nextAt) : _nextAt;
        }
    }

    public void Hurry() => _isHurried = true;

    public bool TryLook(Instant now)
    {
        if (WakeAt is not { } at || now < at) return false;
        _isLooking = true;
        _isHurried = false;
        AskedAt = now;
        _nextAt = now + checkInterval;
        return true;
    }

    /// <param name="isInVain">A sweep waits for more than this read has brought.</param>
    /// <param name="now">The end of the read.</param>
    public void Ended(bool isInVain, Instant now)
    {
        _isLooking = false;
        _inVain = isInVain ? _inVain + 1 : 0;
        if (isInVain) _nextAt = Instant.Min(_nextAt, now + backoff.After(_inVain));
    }
}
