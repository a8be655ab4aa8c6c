using System.Globalization;

namespace Holdfast.Primitives;

/// <summary>
/// Rises with every boot of a node: the larger of Unix milliseconds and one above the highest a peer reports.
/// </summary>
public readonly record struct Generation(ulong Value) : IComparable<Generation>
{
    public int CompareTo(Generation other) => Value.CompareTo(other.Value);

    public static bool operator <(Generation left, Generation right) => left.Value < right.Value;

    public static bool operator >(Generation left, Generation right) => left.Value > right.Value;

    public static bool operator <=(Generation left, Generation right) => left.Value <= right.Value;

    public static bool operator >=(Generation left, Generation right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>
/// Rises with every refutation or change of state of a node within one <see cref="Generation"/>, from 0.
/// </summary>
public readonly record struct Verdict(ulong Value) : IComparable<Verdict>
{
    /// <exception cref="OverflowException">The number is at its end.</exception>
    public Verdict Next() => new(checked(Value + 1));

    public int CompareTo(Verdict other) => Value.CompareTo(other.Value);

    public static bool operator <(Verdict left, Verdict right) => left.Value < right.Value;

    public static bool operator >(Verdict left, Verdict right) => left.Value > right.Value;

    public static bool operator <=(Verdict left, Verdict right) => left.Value <= right.Value;

    public static bool operator >=(Verdict left, Verdict right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
