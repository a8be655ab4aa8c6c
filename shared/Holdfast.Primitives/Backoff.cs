namespace Holdfast.Primitives;

/// <summary>
/// Pauses that double from the shortest to the longest, each drawn from its upper half, so that many that failed
/// together do not come back together.
/// </summary>
/// <param name="min">The first pause at its longest.</param>
/// <param name="max">No pause is longer.</param>
/// <param name="random">Seeded by whoever owns the core that pauses.</param>
public sealed class Backoff(TimeSpan min, TimeSpan max, Random random)
{
    // 2^30 times any pause is beyond every legal longest one.
    private const int DoublingsMax = 30;

    /// <summary>The pause after so many failures in a row.</summary>
    public TimeSpan After(int failures)
    {
        var doublings = Math.Clamp(failures - 1, 0, DoublingsMax);
        var full = Math.Min(min.Ticks * Math.Pow(2, doublings), max.Ticks);
        return TimeSpan.FromTicks((long)(full * (0.5 + (random.NextDouble() / 2))));
    }
}
