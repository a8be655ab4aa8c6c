using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// When to read Consensus' snapshot: at the check interval, at once after a hint, and when a grace is over. One read at
/// a time; a hint during a read asks for one more after it, however many hints there were.
/// </summary>
internal sealed class Lookout(TimeSpan checkInterval)
{
    private bool _isLooking;
    private bool _isHurried = true;
    private Instant _nextAt;

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

    public void Ended() => _isLooking = false;
}
