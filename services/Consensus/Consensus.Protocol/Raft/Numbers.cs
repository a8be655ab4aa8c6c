using System.Globalization;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>Raft's logical clock: at most one leader per term. 0 is before the first election.</summary>
public readonly record struct Term(ulong Value) : IComparable<Term>
{
    public static readonly Term Zero;

    /// <summary>No term of a message may be above it, so that counting on from it never overflows.</summary>
    public static readonly Term Max = new(1UL << 62);

    /// <summary>
    /// How far the term of a message may be ahead of the own. Elections lead no further in twenty years, and one
    /// message from nowhere cannot use up the terms that are left.
    /// </summary>
    public const ulong LeapMax = 1UL << 32;

    public Term Next() => new(checked(Value + 1));

    /// <summary>Whether no elections could have led from this term to <paramref name="other"/>.</summary>
    public bool IsFarBelow(Term other) => other.Value > Value && other.Value - Value > LeapMax;

    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    public static bool operator <(Term left, Term right) => left.Value < right.Value;

    public static bool operator >(Term left, Term right) => left.Value > right.Value;

    public static bool operator <=(Term left, Term right) => left.Value <= right.Value;

    public static bool operator >=(Term left, Term right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A place in the log. The first entry is 1; 0 is the place before it.</summary>
public readonly record struct LogIndex(ulong Value) : IComparable<LogIndex>
{
    public static readonly LogIndex Zero;

    /// <summary>The last place a token can carry.</summary>
    public static readonly LogIndex Max = new(Token.IndexMax);

    public LogIndex Next() => new(checked(Value + 1));

    /// <summary>The place before; the place before the first entry has none.</summary>
    public LogIndex Previous() => new(checked(Value - 1));

    public static LogIndex Earlier(LogIndex left, LogIndex right) => left <= right ? left : right;

    public static LogIndex Later(LogIndex left, LogIndex right) => left >= right ? left : right;

    public static LogIndex operator +(LogIndex index, int count) => new(checked(index.Value + (ulong)count));

    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    public static bool operator <(LogIndex left, LogIndex right) => left.Value < right.Value;

    public static bool operator >(LogIndex left, LogIndex right) => left.Value > right.Value;

    public static bool operator <=(LogIndex left, LogIndex right) => left.Value <= right.Value;

    public static bool operator >=(LogIndex left, LogIndex right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>
/// Numbers the leader's rounds of heartbeats within its term. A reply to round r proves that its sender still
/// followed this leader at some moment after r was begun.
/// </summary>
public readonly record struct Round(ulong Value) : IComparable<Round>
{
    public static readonly Round Zero;

    public Round Next() => new(checked(Value + 1));

    public int CompareTo(Round other) => Value.CompareTo(other.Value);

    public static bool operator <(Round left, Round right) => left.Value < right.Value;

    public static bool operator >(Round left, Round right) => left.Value > right.Value;

    public static bool operator <=(Round left, Round right) => left.Value <= right.Value;

    public static bool operator >=(Round left, Round right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Numbers what a node hands to its disk, in the order of writing.</summary>
public readonly record struct PersistenceNumber(ulong Value) : IComparable<PersistenceNumber>
{
    public static readonly PersistenceNumber Zero;

    public PersistenceNumber Next() => new(checked(Value + 1));

    public int CompareTo(PersistenceNumber other) => Value.CompareTo(other.Value);

    public static bool operator <(PersistenceNumber left, PersistenceNumber right) => left.Value < right.Value;

    public static bool operator >(PersistenceNumber left, PersistenceNumber right) => left.Value > right.Value;

    public static bool operator <=(PersistenceNumber left, PersistenceNumber right) => left.Value <= right.Value;

    public static bool operator >=(PersistenceNumber left, PersistenceNumber right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
