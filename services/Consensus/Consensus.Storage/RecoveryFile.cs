using System.Buffers.Binary;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// Says that a part of the log was lost, and in which term that was found. Durable before anything is set aside; goes
/// when the voter has everything again.
/// <code>
/// offset  size  field
///      0     4  magic "HFL1"
///      4     8  term, little-endian
///     12     4  CRC-32C of the above, little-endian
/// </code>
/// </summary>
internal static class RecoveryFile
{
    public const string Name = "recovering";
    private const int Bytes = 16;

    private static ReadOnlySpan<byte> Magic => "HFL1"u8;

    public static void Write(IDisk disk, string path, Term lostIn)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[4..], lostIn.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], Crc32C.Of(bytes[..12]));
        Disk.Replace(disk, path, bytes);
    }

    /// <summary>
    /// Null where nothing was lost. That there is a file says that something was; one that cannot be read says so of
    /// the newest term, which asks the most of the voter.
    /// </summary>
    public static Term? Read(IDisk disk, string path, Term newest)
    {
        if (!disk.Exists(path)) return null;
        var bytes = disk.ReadAll(path);
        if (bytes.Length != Bytes || !bytes.AsSpan().StartsWith(Magic) ||
            BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(12)) != Crc32C.Of(bytes.AsSpan(..12)))
            return newest;
        var lostIn = new Term(BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(4)));
        return lostIn < newest ? lostIn : newest;
    }

    public static void Delete(IDisk disk, string path)
    {
        if (!disk.Exists(path)) return;
        disk.Delete(path);
        disk.Flush(Path.GetDirectoryName(path)!);
    }
}
