using System.Globalization;

namespace Holdfast.Primitives;

/// <summary>
/// A point on a monotonic clock, in ticks of 100 ns since an arbitrary start; only differences mean anything. Cores
/// take it as an argument, so the same core runs under a real and a simulated clock.
/// </summary>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>The start of the clock; convenient in tests.</summary>
    public static readonly Instant Zero;

    /// <summary>After every other; nothing can be added to it.</summary>
    public static readonly Instant MaxValue = new(long.MaxValue);

    public static Instant operator +(Instant start, TimeSpan span) => new(checked(start.Ticks + span.Ticks));

    public static Instant operator -(Instant end, TimeSpan span) => new(checked(end.Ticks - span.Ticks));

    public static TimeSpan operator -(Instant end, Instant start) => new(checked(end.Ticks - start.Ticks));

    public static bool operator <(Instant left, Instant right) => left.Ticks < right.Ticks;

    public static bool operator >(Instant left, Instant right) => left.Ticks > right.Ticks;

    public static bool operator <=(Instant left, Instant right) => left.Ticks <= right.Ticks;

    public static bool operator >=(Instant left, Instant right) => left.Ticks >= right.Ticks;

    public static Instant Max(Instant left, Instant right) => left >= right ? left : right;

    public static Instant Min(Instant left, Instant right) => left <= right ? left : right;

    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromTicks(Ticks).TotalMilliseconds:0.###} ms");
}
