using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Holdfast.Primitives;

/// <summary>
/// The version of an ownership, compared token first. Written as 16 hex digits, '-', 16 hex digits, so that Lua,
/// SQL and file names compare it as text. A guarded resource refuses a lower epoch than the highest it has seen.
/// </summary>
/// <param name="Token">The token of the holder that made this epoch; <see cref="Token.None"/> for external
/// types.</param>
/// <param name="Counter">Rises while the token stays, from 1.</param>
public readonly record struct Epoch(Token Token, ulong Counter) : IComparable<Epoch>
{
    /// <summary>Below every epoch that was ever held.</summary>
    public static readonly Epoch None;

    /// <summary>The next epoch under the same token.</summary>
    /// <exception cref="OverflowException">The counter is at its end.</exception>
    public Epoch Next() => this with { Counter = checked(Counter + 1) };

    /// <summary>The first epoch under a token.</summary>
    public static Epoch First(Token token) => new(token, 1);

    /// <summary>Reads the 33 characters that <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">The text has another shape.</exception>
    public static Epoch Parse(string text) => TryParse(text, out var epoch)
        ? epoch
        : throw new FormatException($"'{text}' is not an epoch: 16 hex digits, '-', 16 hex digits are wanted.");

    /// <summary>Reads the 33 characters that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Epoch epoch)
    {
        epoch = None;
        if (text is not { Length: 33 } || text[16] != '-' || !Token.TryParse(text[..16], out var token) ||
            !ulong.TryParse(
                text.AsSpan(17), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var counter))
        {
            return false;
        }

        epoch = new Epoch(token, counter);
        return true;
    }

    public int CompareTo(Epoch other) =>
        Token.CompareTo(other.Token) is var order && order != 0 ? order : Counter.CompareTo(other.Counter);

    public static bool operator <(Epoch left, Epoch right) => left.CompareTo(right) < 0;

    public static bool operator >(Epoch left, Epoch right) => left.CompareTo(right) > 0;

    public static bool operator <=(Epoch left, Epoch right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Epoch left, Epoch right) => left.CompareTo(right) >= 0;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Token.Value:x16}-{Counter:x16}");
}
