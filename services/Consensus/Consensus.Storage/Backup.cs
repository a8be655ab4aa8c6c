using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage;

/// <summary>What a backup says of itself.</summary>
public sealed record BackupHeader
{
    /// <summary>The group that it is of.</summary>
    public required string Group { get; init; }

    /// <summary>The voter that wrote it.</summary>
    public required NodeId Node { get; init; }

    /// <summary>The highest generation of Consensus by then: a restore needs a higher one.</summary>
    public required ushort Generation { get; init; }

    /// <summary>The last entry that is in it.</summary>
    public required LogIndex Index { get; init; }

    public required Term Term { get; init; }

    public required DateTimeOffset TakenAt { get; init; }
}

/// <summary>
/// The state of a group in one file, to begin anew from after its voters are lost.
/// <code>
/// offset  size  field (all numbers little-endian)
///      0     4  magic "HFB1"
///      4     2  generation of Consensus
///      6     8  index of the last entry in it
///     14     8  term of that entry
///     22     8  when it was taken, milliseconds since 1970
///     30     8  length of the content
///     38     4  CRC-32C of the content
///     42     2  length of the group's name
///     44     1  length of the voter's name
///     45        group, UTF-8; voter, ASCII
///            4  CRC-32C of all of the above
///               content: the state machine's, as in a snapshot
/// </code>
/// </summary>
public sealed record Backup(BackupHeader Header, ReadOnlyMemory<byte> Content)
{
    private const int FixedBytes = 45;
    private const int GroupBytesMax = 1024;

    /// <summary>Names this backup among others, in the terms of what is restored from it.</summary>
    public uint Fingerprint => Crc32C.Of(Content.Span, (uint)Header.Index.Value);

    private static ReadOnlySpan<byte> Magic => "HFB1"u8;

    public void WriteTo(IBufferWriter<byte> to)
    {
        WriteHeaderTo(to);
        to.Write(Content.Span);
    }

    /// <summary>All that is before the content.</summary>
    public void WriteHeaderTo(IBufferWriter<byte> to)
    {
        var group = Encoding.UTF8.GetBytes(Header.Group);
        var node = Encoding.ASCII.GetBytes(Header.Node.Value);
        var bytes = new byte[FixedBytes + group.Length + node.Length + sizeof(uint)];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Header.Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(6), Header.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(14), Header.Term.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(22), Header.TakenAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(30), Content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(38), Crc32C.Of(Content.Span));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(42), (ushort)group.Length);
        bytes[44] = (byte)node.Length;
        group.CopyTo(bytes, FixedBytes);
        node.CopyTo(bytes, FixedBytes + group.Length);
        var checksum = Crc32C.Of(bytes.AsSpan(..^sizeof(uint)));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(^sizeof(uint)..), checksum);
        to.Write(bytes);
    }

    /// <exception cref="BackupUnreadableException">It is none, damaged, cut off, or of a later format.</exception>
    public static Backup Read(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        if (!bytes.StartsWith(Magic))
        {
            throw new BackupUnreadableException(bytes.StartsWith(Magic[..3])
                ? $"it is of format '{Encoding.ASCII.GetString(bytes[..Math.Min(4, bytes.Length)])}', and this " +
                    "program knows 'HFB1' only"
                : "it is no backup of Consensus");
        }

        if (bytes.Length < FixedBytes) throw new BackupUnreadableException("it is cut off");
        var groupBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes[42..]);
        var headerBytes = FixedBytes + groupBytes + bytes[44];
        if (groupBytes > GroupBytesMax || bytes.Length < headerBytes + sizeof(uint) ||
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[headerBytes..]) != Crc32C.Of(bytes[..headerBytes]))
            throw new BackupUnreadableException("its header is damaged");
        var content = file[(headerBytes + sizeof(uint))..];
        var wanted = BinaryPrimitives.ReadInt64LittleEndian(bytes[30..]);
        if (content.Length != wanted)
            throw new BackupUnreadableException($"it has {content.Length} bytes of content, not {wanted} as written");
        if (Crc32C.Of(content.Span) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[38..]))
            throw new BackupUnreadableException("its content is damaged");
        return new Backup(ReadHeader(bytes, groupBytes), content);
    }

    private static BackupHeader ReadHeader(ReadOnlySpan<byte> bytes, int groupBytes)
    {
        var node = Encoding.ASCII.GetString(bytes.Slice(FixedBytes + groupBytes, bytes[44]));
        var index = new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes[6..]));
        var takenAt = BinaryPrimitives.ReadInt64LittleEndian(bytes[22..]);
        var isLegal = NodeId.IsLegal(node) && index <= LogIndex.Max && takenAt >= 0 &&
            takenAt <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
        if (!isLegal) throw new BackupUnreadableException("its header says what cannot be");
        return new BackupHeader
        {
            Group = Encoding.UTF8.GetString(bytes.Slice(FixedBytes, groupBytes)),
            Node = new NodeId(node),
            Generation = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]),
            Index = index,
            Term = new Term(BinaryPrimitives.ReadUInt64LittleEndian(bytes[14..])),
            TakenAt = DateTimeOffset.FromUnixTimeMilliseconds(takenAt),
        };
    }
}

/// <summary>A file that nothing can be restored from.</summary>
public sealed class BackupUnreadableException(string what) : Exception($"The backup cannot be used: {what}.");
