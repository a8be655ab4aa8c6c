using System.Numerics;
using Holdfast.Primitives;

namespace Holdfast.Simulation;

/// <summary>
/// All chance of one simulated world, from one seed: xoshiro256** (Blackman and Vigna), begun by SplitMix64. Each part
/// of a world draws from a stream of its own (<see cref="Stream"/>), so that a part that draws more often leaves the
/// others as they were. It is a <see cref="Random"/>, so a core takes it as it is.
/// </summary>
public sealed class Chance : Random
{
    private const ulong Golden = 0x9E3779B97F4A7C15UL;

    private readonly ulong _seed;
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    public Chance(ulong seed)
    {
        _seed = seed;
        _a = Mix(seed += Golden);
        _b = Mix(seed += Golden);
        _c = Mix(seed += Golden);
        _d = Mix(seed + Golden) | 1;
    }

    /// <summary>
    /// The chance of a named part: a function of the seed and the name alone, however much was drawn.
    /// </summary>
    public Chance Stream(string name) => new(Mix(_seed ^ Trace.DigestOf(name)));

    /// <summary>True with this probability, from 0 to 1.</summary>
    public bool Happens(double probability) => NextDouble() < probability;

    public TimeSpan Between(TimeSpan min, TimeSpan max) => min + (NextDouble() * (max - min));

    public TimeSpan UpTo(TimeSpan max) => NextDouble() * max;

    public T Pick<T>(IReadOnlyList<T> from)
    {
        Invariant.Holds(from.Count > 0);
        return from[Next(from.Count)];
    }

    public override int Next() => (int)(NextBits() >> 33);

    public override int Next(int maxValue) => (int)Below((ulong)maxValue);

    public override int Next(int minValue, int maxValue) => minValue + (int)Below((ulong)((long)maxValue - minValue));

    public override long NextInt64() => (long)(NextBits() >> 1);

    public override long NextInt64(long maxValue) => (long)Below((ulong)maxValue);

    public override long NextInt64(long minValue, long maxValue) =>
        minValue + (long)Below((ulong)(maxValue - minValue));

    public override double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public override float NextSingle() => (NextBits() >> 40) * (1.0f / (1U << 24));

    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    public override void NextBytes(Span<byte> buffer)
    {
        foreach (ref var one in buffer) one = (byte)(NextBits() >> 56);
    }

    protected override double Sample() => NextDouble();

    // The bias of multiply and shift is below 2^-32 for every range that a simulation draws from.
    private ulong Below(ulong bound) => (ulong)(((UInt128)NextBits() * bound) >> 64);

    private ulong NextBits()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
