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

    // The upper 16 bits that are used name the generation, the next 14 the backup; 32 are left to count in.
    private const int GenerationShift = 46;
    private const int BackupShift = 32;
    private const uint BackupMask = (1 << (GenerationShift - BackupShift)) - 1;

    /// <summary>
    /// Which life of the group the term is of: 0 of one that was never restored from a backup, and another for every
    /// generation and backup. A voter with a log of one life understands nothing of another.
    /// </summary>
    public uint Life => Value >> GenerationShift is 0 or > ushort.MaxValue ? 0 : (uint)(Value >> BackupShift);

    /// <summary>
    /// Where a life begins that was restored from a backup: above every term of an earlier generation.
    /// </summary>
    public static Term OfLife(ushort generation, uint backup) =>
        new(((ulong)generation << GenerationShift) | ((ulong)(backup & BackupMask) << BackupShift));

    /// <summary>Which backup and which election within its generation; rises while that is one.</summary>
    public ulong InGeneration => Value & ((1UL << GenerationShift) - 1);

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
