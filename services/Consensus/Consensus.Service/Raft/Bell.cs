namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Wakes the one thread that takes what others leave for it under a lock. It is rung after the lock was let go, and
/// only for who waits: a pulse within the lock wakes a thread that at once waits again, for that lock.
/// </summary>
internal sealed class Bell : IDisposable
{
    private readonly AutoResetEvent _rung = new(initialState: false);
    private bool _isAwaited;

    /// <summary>Under the lock, by the one thread that finds nothing there and calls <see cref="Wait"/> next.</summary>
    public void WillWait() => _isAwaited = true;

    /// <summary>Without the lock; returns when somebody left something since <see cref="WillWait"/>.</summary>
    public void Wait() => _rung.WaitOne();

    /// <summary>Under the lock, by who left something.</summary>
    /// <returns>Whether to <see cref="Ring"/> it, once the lock is let go.</returns>
    public bool IsToRing()
    {
        var isAwaited = _isAwaited;
        _isAwaited = false;
        return isAwaited;
    }

    public void Ring() => _rung.Set();

    /// <summary>By the thread that waited, when it waits no more.</summary>
    public void Dispose() => _rung.Dispose();
}
