using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// When to read Consensus' snapshot: at the check interval, at once after a hint, and after a short pause where a read
/// did not reach as far as is wanted. One read at a time; a hint during a read asks for one more after it.
/// </summary>
internal sealed class Lookout(TimeSpan checkInterval, Backoff backoff)
{
    private bool _isLooking;
    private bool _isHurried = true;
    private Instant _nextAt;
    private int _inVain;

    public Instant? WakeAt => _isLooking ? null : _isHurried ? Instant.Zero : _nextAt;

    public void Hurry() => _isHurried = true;

    public bool TryLook(Instant now)
    {
        if (WakeAt is not { } at || now < at) return false;
        (_isLooking, _isHurried) = (true, false);
        _nextAt = now + checkInterval;
        return true;
    }

    /// <param name="isInVain">More is waited for than this read has brought.</param>
    /// <param name="now">The end of the read.</param>
    public void Ended(bool isInVain, Instant now)
    {
        _isLooking = false;
        _inVain = isInVain ? _inVain + 1 : 0;
        if (isInVain) _nextAt = Instant.Min(_nextAt, now + backoff.After(_inVain));
    }
}
