using Holdfast.Primitives;

namespace Holdfast.Simulation;

/// <summary>
/// The time of a simulated world, which jumps from one event to the next. Of two events at one instant the one that
/// was set first comes first. One thread runs everything.
/// </summary>
/// <param name="trace">Hears of every event, so that a course has one digest.</param>
/// <param name="eventsMax">Events after which a world counts as stuck: something sets events for ever.</param>
public sealed class Schedule(Trace trace, long eventsMax = 50_000_000)
{
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private long _order;
    private long _ran;

    /// <summary>The true time. What a node reads is its own clock, see <see cref="NodeClock"/>.</summary>
    public Instant Now { get; private set; }

    public Trace Trace { get; } = trace;

    public void After(TimeSpan wait, Action act) => At(Now + (wait > TimeSpan.Zero ? wait : TimeSpan.Zero), act);

    /// <summary>At an instant, or now where that has passed.</summary>
    public void At(Instant at, Action act) => _events.Enqueue(act, (Instant.Max(at, Now).Ticks, _order++));

    /// <summary>Repeats an act, each time after a new pause, until it says no.</summary>
    public void Repeat(Func<TimeSpan> pause, Func<bool> act) => After(pause(), () =>
    {
        if (act()) Repeat(pause, act);
    });

    /// <summary>Runs all events up to an instant, which is then now.</summary>
    public void RunUntil(Instant end)
    {
        while (_events.TryPeek(out _, out var next) && next.At <= end.Ticks)
        {
            var act = _events.Dequeue();
            Now = new Instant(next.At);
            Trace.Add(Now, "", "event", (ulong)next.Order);
            if (++_ran > eventsMax) throw new InvariantViolatedException($"no end after {eventsMax} events");
            act();
        }

        Now = Instant.Max(Now, end);
    }

    /// <summary>Runs in steps until something holds; false where it still does not at the deadline.</summary>
    public bool RunUntil(Func<bool> holds, TimeSpan step, Instant deadline)
    {
        while (!holds())
        {
            if (Now >= deadline) return false;
            RunUntil(Now + step);
        }

        return true;
    }
}
