using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Alerts;

/// <summary>
/// Something that holds or not, told by its edges: that it began once it has held for a while, that it is over once it
/// has not held for a while. So whatever flaps is told of at most twice in the time of both.
/// </summary>
internal sealed class Condition
{
    private Instant? _heldSince;
    private Instant? _overSince;

    public bool IsRaised { get; private set; }

    /// <summary>True when it began just now, false when it is over just now, null for neither.</summary>
    public bool? Look(bool holds, Instant now, TimeSpan raiseAfter, TimeSpan settleFor)
    {
        if (holds)
        {
            _overSince = null;
            _heldSince ??= now;
            if (IsRaised || now - _heldSince < raiseAfter) return null;
            IsRaised = true;
            return true;
        }

        _heldSince = null;
        _overSince ??= now;
        if (!IsRaised || now - _overSince < settleFor) return null;
        IsRaised = false;
        return false;
    }
}
