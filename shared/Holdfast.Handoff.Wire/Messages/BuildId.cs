using System.Collections.Immutable;
using System.Text;

namespace Holdfast.Handoff.Wire;

/// <summary>Names a build, in bytes that only its makers understand; Holdfast's own are UTF-8 text.</summary>
public readonly struct BuildId : IEquatable<BuildId>
{
    private static readonly Encoding StrictUtf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);

    private readonly ImmutableArray<byte> _bytes;

    public BuildId(ReadOnlySpan<byte> bytes) => _bytes = [.. bytes];

    /// <summary>The bytes as they go over the wire.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.IsDefault ? [] : _bytes.AsSpan();

    public static BuildId FromText(string text) => new(Encoding.UTF8.GetBytes(text));

    public static bool operator ==(BuildId left, BuildId right) => left.Equals(right);

    public static bool operator !=(BuildId left, BuildId right) => !left.Equals(right);

    public bool Equals(BuildId other) => Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => obj is BuildId other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <summary>The text where it is text, else hex digits.</summary>
    public override string ToString()
    {
        try
        {
            var text = StrictUtf8.GetString(Bytes);
            return text.Any(char.IsControl) ? Convert.ToHexStringLower(Bytes) : text;
        }
        catch (DecoderFallbackException)
        {
            return Convert.ToHexStringLower(Bytes);
        }
    }
}
