namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Wakes the one thread that takes what others leave for it under a lock. It is rung after that lock was let go, and
/// only for who waits: a pulse within wakes a thread that at once waits again, for the lock.
/// </summary>
internal sealed class Bell
{
    private readonly object _gate = new();
    private bool _isAwaited;
    private bool _isRung;

    /// <summary>Under the lock, by the one thread that found nothing there and calls <see cref="Wait"/> next.</summary>
    public void WillWait() => _isAwaited = true;

    /// <summary>Without the lock; returns when it was rung since <see cref="WillWait"/>.</summary>
    public void Wait()
    {
        lock (_gate)
        {
            while (!_isRung) Monitor.Wait(_gate);
            _isRung = false;
        }
    }

    /// <summary>Under the lock, by who left something.</summary>
    /// <returns>Whether to <see cref="Ring"/> it, once the lock is let go.</returns>
    public bool IsToRing()
    {
        var isAwaited = _isAwaited;
        _isAwaited = false;
        return isAwaited;
    }

    public void Ring()
    {
        lock (_gate)
        {
            _isRung = true;
            Monitor.Pulse(_gate);
        }
    }
}
