using System.Security.Cryptography;

namespace Holdfast.Gossip.Protocol;

/// <summary>
/// Shows that a datagram was written by somebody who knows the secret: HMAC-SHA256 over everything before it, 32 bytes
/// at the end. It hides nothing, and it cannot tell one holder of the secret from another; that a sealed packet is
/// taken once, and only by whom it is meant for, is the node's own doing (<see cref="ReplayWindow"/>).
/// </summary>
public sealed class PacketSeal
{
    /// <summary>
    /// What a seal takes in every datagram; kept free without a secret too, so that both have one layout.
    /// </summary>
    public const int Bytes = 32;

    private readonly byte[] _key;

    /// <param name="secret">At least 16 bytes; the key is its SHA-256.</param>
    public PacketSeal(ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, 16);
        _key = SHA256.HashData(secret);
    }

    /// <summary>Marks and seals the first <paramref name="length"/> bytes.</summary>
    /// <returns>The length with the seal.</returns>
    public int Seal(Span<byte> buffer, int length)
    {
        buffer[PacketCodec.FlagsOffset] |= PacketCodec.SealedFlag;
        HMACSHA256.HashData(_key, buffer[..length], buffer[length..]);
        return length + Bytes;
    }

    /// <summary>
    /// Whether the datagram is sealed with this secret; the contents are then all but the last 32 bytes.
    /// </summary>
    public bool Holds(ReadOnlySpan<byte> datagram)
    {
        if (!IsSealed(datagram) || datagram.Length < PacketCodec.HeaderBytes + Bytes) return false;
        Span<byte> wanted = stackalloc byte[Bytes];
        HMACSHA256.HashData(_key, datagram[..^Bytes], wanted);
        return CryptographicOperations.FixedTimeEquals(wanted, datagram[^Bytes..]);
    }

    public static bool IsSealed(ReadOnlySpan<byte> datagram) =>
        datagram.Length >= PacketCodec.HeaderBytes &&
        (datagram[PacketCodec.FlagsOffset] & PacketCodec.SealedFlag) != 0;
}
