using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Holdfast.Primitives;

/// <summary>
/// The right to act, minted by one entry of the Consensus log and never again: 16 bits of Consensus generation
/// (raised by a restore from backup), 48 bits of the log index of the entry that opened, granted or advanced
/// something. A token names its holder for ever. Written as 16 lower-case hex digits, so that text order is
/// token order.
/// </summary>
public readonly record struct Token(ulong Value) : IComparable<Token>
{
    /// <summary>The highest log index a token can carry, 2^48 - 1.</summary>
    public const ulong IndexMax = (1UL << 48) - 1;

    /// <summary>Below every token that was ever minted.</summary>
    public static readonly Token None;

    /// <summary>The Consensus generation, 0 to 65,535.</summary>
    public ushort ConsensusGeneration => (ushort)(Value >> 48);

    /// <summary>The log index of the entry that minted it, 1 to <see cref="IndexMax"/>.</summary>
    public ulong Index => Value & IndexMax;

    /// <summary>The token that the entry at <paramref name="index"/> mints.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is zero or above <see cref="IndexMax"/>.</exception>
    public static Token Mint(ushort consensusGeneration, ulong index)
    {
        ArgumentOutOfRangeException.ThrowIfZero(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, IndexMax);
        return new Token(((ulong)consensusGeneration << 48) | index);
    }

    /// <summary>Reads the 16 hex digits that <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">The text is not 16 hex digits.</exception>
    public static Token Parse(string text) => TryParse(text, out var token)
        ? token
        : throw new FormatException($"'{text}' is not a token: 16 hex digits are wanted.");

    /// <summary>Reads the 16 hex digits that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Token token)
    {
        token = None;
        if (text is not { Length: 16 } ||
            !ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        token = new Token(value);
        return true;
    }

    public int CompareTo(Token other) => Value.CompareTo(other.Value);

    public static bool operator <(Token left, Token right) => left.Value < right.Value;

    public static bool operator >(Token left, Token right) => left.Value > right.Value;

    public static bool operator <=(Token left, Token right) => left.Value <= right.Value;

    public static bool operator >=(Token left, Token right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}
