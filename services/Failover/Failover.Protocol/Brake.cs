using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// How many grains may be promoted in a window: a share of all that are owned. A verdict that is wrong about many
/// clusters at once then moves that much before somebody looks. What was promoted is counted by this machine: a new
/// holder of the election begins with an empty window.
/// </summary>
internal sealed class Brake(double share, TimeSpan window)
{
    private readonly Queue<(Instant At, long Grains)> _promoted = new();
    private long _inWindow;
    private long _reserved;

    public bool IsOn => share < 1;

    /// <summary>All grains that are owned; null while that was not counted.</summary>
    public long? GrainsTotal { get; set; }

    /// <summary>The most grains that may be promoted in one window, at least one; null while not known.</summary>
    public long? Allowed => GrainsTotal is { } total ? Math.Max(1, (long)(total * share)) : null;

    /// <summary>When there is room again by itself; null when only a call or a count can make some.</summary>
    public Instant? RoomAgainAt => _promoted.TryPeek(out var oldest) ? oldest.At + window : null;

    /// <summary>How many grains may be promoted now.</summary>
    public long Room(Instant now)
    {
        if (!IsOn) return long.MaxValue;
        while (_promoted.TryPeek(out var oldest) && oldest.At + window <= now)
        {
            _inWindow -= oldest.Grains;
            _promoted.Dequeue();
        }

        return Allowed is { } allowed ? Math.Max(0, allowed - _inWindow - _reserved) : 0;
    }

    /// <summary>Whether the window is used up, whatever is still on its way.</summary>
    public bool IsFull(Instant now) => Room(now) == 0 && Allowed <= _inWindow;

    /// <summary>So many may be on their way.</summary>
    public void Reserve(int grains) => _reserved += grains;

    /// <summary>A call that had reserved has ended; without an answer it may have moved all it could.</summary>
    public void Settle(int reserved, int promoted, Instant now)
    {
        _reserved -= reserved;
        Invariant.Holds(_reserved >= 0);
        if (promoted == 0 || !IsOn) return;
        _promoted.Enqueue((now, promoted));
        _inWindow += promoted;
    }
}
