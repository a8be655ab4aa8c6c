using System.Buffers.Binary;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// Who was in the group when this voter first started: it counts until an entry of the log says otherwise, whatever the
/// settings say by then.
/// <code>
/// offset  size  field
///      0     4  magic "HFC1"
///      4        the configuration, as in the log
///            4  CRC-32C of the above, little-endian
/// </code>
/// </summary>
internal static class BootstrapFile
{
    public const string Name = "bootstrap";
    private const int MagicBytes = 4;

    private static ReadOnlySpan<byte> Magic => "HFC1"u8;

    public static void Write(IDisk disk, string path, Configuration configuration)
    {
        var bytes = new byte[MagicBytes + configuration.Encoded.Length + sizeof(uint)];
        Magic.CopyTo(bytes);
        configuration.Encoded.Span.CopyTo(bytes.AsSpan(MagicBytes));
        var checksum = Crc32C.Of(bytes.AsSpan(..^sizeof(uint)));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(^sizeof(uint)..), checksum);
        Disk.Replace(disk, path, bytes);
    }

    public static Configuration? Read(IDisk disk, string path)
    {
        if (!disk.Exists(path)) return null;
        var bytes = disk.ReadAll(path);
        if (bytes.Length < MagicBytes + sizeof(uint) || !bytes.AsSpan().StartsWith(Magic) ||
            BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(^sizeof(uint)..)) !=
            Crc32C.Of(bytes.AsSpan(..^sizeof(uint))))
            throw new LogCorruptException(path, 0, "the first members are damaged");
        return Configuration.TryRead(bytes.AsSpan(MagicBytes..^sizeof(uint))) ??
            throw new LogCorruptException(path, MagicBytes, "the first members cannot be read");
    }
}
