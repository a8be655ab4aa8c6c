using System.Globalization;
using System.Text;
using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>
/// Where a grain's record lives: CRC-16/XMODEM (polynomial 0x1021, start 0, not reflected) of the UTF-8 bytes of
/// <c>type/key</c>, modulo the number of shards. Part of the stored format: every client must compute the same.
/// </summary>
public static class GrainShard
{
    /// <summary>The shard of a grain.</summary>
    public static int Of(GrainId grain, int shards)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shards);
        return Crc16(Encoding.UTF8.GetBytes(grain.ToString())) % shards;
    }

    /// <summary>How a shard is named in keys and subjects: two lower-case hex digits.</summary>
    public static string Name(int shard) => shard.ToString("x2", CultureInfo.InvariantCulture);

    /// <summary>CRC-16/XMODEM; its check value for "123456789" is 0x31c3.</summary>
    internal static ushort Crc16(ReadOnlySpan<byte> bytes)
    {
        const int polynomial = 0x1021;
        var crc = 0;
        foreach (var b in bytes)
        {
            crc ^= b << 8;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ polynomial : crc << 1;
        }

        return (ushort)crc;
    }
}
