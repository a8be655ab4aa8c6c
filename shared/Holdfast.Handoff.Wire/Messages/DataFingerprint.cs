using System.Collections.Immutable;

namespace Holdfast.Handoff.Wire;

/// <summary>32 bytes that say what a data directory held when it was sealed, such as a SHA-256 of its files.</summary>
public readonly struct DataFingerprint : IEquatable<DataFingerprint>
{
    /// <summary>How many bytes it has.</summary>
    public const int Length = 32;

    private static readonly ImmutableArray<byte> Zeroes = [.. new byte[Length]];

    private readonly ImmutableArray<byte> _bytes;

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public DataFingerprint(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length) throw new ArgumentException($"{Length} bytes are wanted, not {bytes.Length}.");
        _bytes = [.. bytes];
    }

    public ReadOnlySpan<byte> Bytes => (_bytes.IsDefault ? Zeroes : _bytes).AsSpan();

    /// <summary>Reads the 64 hex digits that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? text, out DataFingerprint fingerprint)
    {
        fingerprint = default;
        if (text is not { Length: Length * 2 } || !text.All(char.IsAsciiHexDigit)) return false;
        fingerprint = new DataFingerprint(Convert.FromHexString(text));
        return true;
    }

    public static bool operator ==(DataFingerprint left, DataFingerprint right) => left.Equals(right);

    public static bool operator !=(DataFingerprint left, DataFingerprint right) => !left.Equals(right);

    public bool Equals(DataFingerprint other) => Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => obj is DataFingerprint other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    public override string ToString() => Convert.ToHexStringLower(Bytes);
}
