using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <content>The one timer, which wakes the loop at the node's next deadline.</content>
internal sealed partial class RaftLoop
{
    private Instant _armedFor;
    private bool _isArmed;

    private void ArmTimer()
    {
        // A deadline that only moved on needs no new timer: the early wake-up arms it again.
        var due = _node.NextDeadline;
        if (Volatile.Read(ref _isArmed) && due >= _armedFor) return;
        (_isArmed, _armedFor) = (true, due);
        var wait = due - _clock.Now();

        // Timers count whole milliseconds: one more, so as not to wake just before the time.
        if (wait > TimeSpan.Zero) wait += TimeSpan.FromMilliseconds(1);
        else wait = TimeSpan.Zero;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        Volatile.Write(ref _isArmed, false);
        Wake();
    }
}
