using System.Buffers.Binary;
using System.Numerics;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>CRC-32C (Castagnoli), by the processor's own instruction where there is one.</summary>
public static class Crc32C
{
    /// <param name="bytes">The next bytes.</param>
    /// <param name="seed">The checksum of the bytes before them; 0 when there are none.</param>
    public static uint Of(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        var crc = ~seed;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
