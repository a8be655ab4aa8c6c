using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Holdfast.Primitives;

/// <summary>
/// A unit of state that must have exactly one owner. <see cref="Type"/> is 1 to 128 characters of
/// <c>[A-Za-z0-9._-]</c>; <see cref="Key"/> is 1 to 512 UTF-8 bytes without control characters. Written
/// <c>type/key</c>; a key may contain '/', a type may not.
/// </summary>
public readonly record struct GrainId : IComparable<GrainId>
{
    /// <summary>The longest key, in UTF-8 bytes.</summary>
    public const int KeyBytesMax = 512;

    /// <summary>
    /// Types with this prefix bring epochs of their own and use <c>register</c> instead of <c>claim</c>.
    /// </summary>
    public const string ExternalPrefix = "ext.";

    private readonly string? _type;
    private readonly string? _key;

    /// <exception cref="FormatException">Type or key break their rule; the message says which and what is
    /// legal.</exception>
    public GrainId(string type, string key)
    {
        if (Problem(type, key) is { } problem) throw new FormatException(problem);
        _type = type;
        _key = key;
    }

    public string Type => _type ?? "";

    public string Key => _key ?? "";

    /// <summary>Whether the type is of the kind that uses <c>register</c>.</summary>
    public bool IsExternal => Type.StartsWith(ExternalPrefix, StringComparison.Ordinal);

    /// <exception cref="FormatException">The text is not <c>type/key</c> with legal parts.</exception>
    public static GrainId Parse(string text)
    {
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        return slash > 0
            ? new GrainId(text![..slash], text[(slash + 1)..])
            : throw new FormatException($"'{text}' is not a grain: type/key is wanted.");
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out GrainId grain)
    {
        grain = default;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash <= 0 || Problem(text![..slash], text[(slash + 1)..]) is not null) return false;
        grain = new GrainId(text[..slash], text[(slash + 1)..]);
        return true;
    }

    /// <summary>What is wrong with a type and key, and what would be legal; null when nothing is.</summary>
    public static string? Problem(string? type, string? key)
    {
        if (!NameRule.Allows(type))
            return $"'{type}' is not a grain type: 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted.";
        if (string.IsNullOrEmpty(key) || Encoding.UTF8.GetByteCount(key) > KeyBytesMax)
            return $"A grain key of type '{type}' must have 1 to {KeyBytesMax} UTF-8 bytes.";
        foreach (var c in key)
        {
            if (char.IsControl(c)) return $"A grain key of type '{type}' must not contain control characters.";
        }

        return HasLoneSurrogate(key) ? $"A grain key of type '{type}' must be well-formed Unicode." : null;
    }

    public int CompareTo(GrainId other) =>
        string.CompareOrdinal(Type, other.Type) is var order && order != 0
            ? order
            : string.CompareOrdinal(Key, other.Key);

    public static bool operator <(GrainId left, GrainId right) => left.CompareTo(right) < 0;

    public static bool operator >(GrainId left, GrainId right) => left.CompareTo(right) > 0;

    public static bool operator <=(GrainId left, GrainId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(GrainId left, GrainId right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"{Type}/{Key}";

    private static bool HasLoneSurrogate(string key)
    {
        for (var i = 0; i < key.Length; i++)
        {
            if (!char.IsSurrogate(key[i])) continue;
            if (i + 1 < key.Length && char.IsSurrogatePair(key[i], key[i + 1])) i++;
            else return true;
        }

        return false;
    }
}
