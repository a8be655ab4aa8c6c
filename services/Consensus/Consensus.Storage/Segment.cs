using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// One file of the log: a header, then records, only ever appended to. A conflict is not cut out of the file: the
/// entries that replace others follow them, and reading forgets what was replaced. The newest segment may end in zeros:
/// space that is taken in advance, since a flush that need not make a file grow takes three quarters of the time. A
/// reader takes them for a torn tail and cuts them. They are cut off before a next segment begins, so the others never
/// have them.
/// <code>
/// offset  size  field of the header (little-endian)
///      0     4  magic "HFS3"
///      4     8  number of the segment
///     12     4  salt
///     16     8  index of the entry that the segment begins after
///     24     8  term of that entry
///     32     4  CRC-32C of the above
/// </code>
/// The first format, "HFS1", has no index and term and is still read: its checksum is at 16, records from 20. The
/// second, "HFS2", is read too; it differs in that its records hold no configurations, which its programs would skip.
/// </summary>
internal sealed class Segment : IDisposable
{
    public const int HeaderBytes = 36;
    private const int FirstHeaderBytes = 20;
    public const string Extension = ".log";

    private readonly IDiskFile _file;
    private long _reservedTo;

    private Segment(string path, ulong number, Header header, IDiskFile file, long length)
    {
        (Path, Number, Salt, After, _file) = (path, number, header.Salt, header.After, file);
        (Length, _reservedTo) = (length, length);
    }

    public string Path { get; }

    public ulong Number { get; }

    public uint Salt { get; }

    /// <summary>The entry that it begins after; null where its format does not say.</summary>
    public SnapshotMark? After { get; }

    public long Length { get; private set; }

    /// <summary>Of a format whose programs do not know all that is written today; nothing is added to it.</summary>
    public bool IsOlderFormat { get; private init; }

    private static ReadOnlySpan<byte> Magic => "HFS3"u8;

    private static ReadOnlySpan<byte> SecondMagic => "HFS2"u8;

    private static ReadOnlySpan<byte> FirstMagic => "HFS1"u8;

    public static string PathOf(string directory, ulong number) =>
        System.IO.Path.Combine(directory, number.ToString("d16", CultureInfo.InvariantCulture) + Extension);

    /// <summary>Begins a segment; its name appears only once its header is durable.</summary>
    public static Segment Create(IDisk disk, string directory, ulong number, uint salt, SnapshotMark after)
    {
        var path = PathOf(directory, number);
        Span<byte> header = stackalloc byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[4..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], salt);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], after.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], after.Term.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(header[32..], Crc32C.Of(header[..32]));
        Disk.Replace(disk, path, header);
        return new Segment(
            path, number, new Header(salt, after, HeaderBytes), disk.OpenToWrite(path), HeaderBytes);
    }

    /// <summary>
    /// Reads a segment's records in order. In the last segment a damaged end is what a crash leaves, and is cut;
    /// anywhere else damage is an error. Neither what was read nor the cut is durable yet.
    /// </summary>
    public static Segment Read(IDisk disk, string path, ulong number, bool isLast, LogReplay replay)
    {
        var bytes = disk.ReadAll(path);
        var header = ReadHeader(path, number, bytes);
        replay.Begin(path, header.After);
        var offset = header.Bytes;
        while (Record.TryRead(bytes.AsSpan(offset), header.Salt, out var entries, out var length))
        {
            replay.Take(path, offset, entries);
            offset += length;
        }

        if (offset < bytes.Length) DemandTornTail(path, bytes, offset, header.Salt, isLast);
        var file = disk.OpenToWrite(path);
        if (offset < bytes.Length) file.SetLength(offset);
        return new Segment(path, number, header, file, offset) { IsOlderFormat = !bytes.AsSpan().StartsWith(Magic) };
    }

    /// <param name="records">Whole records.</param>
    /// <param name="reserveBytes">Space to take beyond them, whenever what was taken is used up.</param>
    public void Append(ReadOnlySpan<byte> records, long reserveBytes)
    {
        if (Length + records.Length > _reservedTo)
        {
            _reservedTo = Length + records.Length + reserveBytes;
            _file.Reserve(_reservedTo);
        }

        _file.Write(records, Length);
        Length += records.Length;
    }

    public void Flush() => _file.FlushData();

    /// <summary>Gives back what was reserved, durably: nothing is added any more.</summary>
    public void Seal()
    {
        if (_reservedTo == Length) return;
        _file.SetLength(Length);
        _file.Flush();
        _reservedTo = Length;
    }

    public void Dispose() => _file.Dispose();

    private static Header ReadHeader(string path, ulong number, ReadOnlySpan<byte> bytes)
    {
        var length = bytes.StartsWith(FirstMagic) ? FirstHeaderBytes : HeaderBytes;
        if (!IsWhole(bytes, length))
        {
            var header = bytes[..Math.Min(bytes.Length, HeaderBytes)].ToArray();
            LaterFormat.Refuse(path, header, Magic, digit =>
            {
                header[3] = digit;
                return IsWhole(header, digit == FirstMagic[3] ? FirstHeaderBytes : HeaderBytes);
            });
            throw new LogCorruptException(path, 0, "the header of the segment is damaged");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[4..]) != number)
            throw new LogCorruptException(path, 4, "the segment carries another number than its name");
        var salt = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        if (length == FirstHeaderBytes) return new Header(salt, number == 1 ? default(SnapshotMark) : null, length);
        var after = new SnapshotMark(
            new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..])),
            new Term(BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..])));
        return new Header(salt, after, length);
    }

    private static bool IsWhole(ReadOnlySpan<byte> bytes, int length) =>
        bytes.Length >= length &&
        (bytes.StartsWith(FirstMagic) || bytes.StartsWith(SecondMagic) || bytes.StartsWith(Magic)) &&
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[(length - 4)..]) == Crc32C.Of(bytes[..(length - 4)]);

    /// <summary>
    /// A record is written only after the one before it was flushed. So a whole record after a damaged one proves that
    /// the damaged one had been durable: no crash does that, and what it held may have been acknowledged. So does one
    /// that was merely begun, exactly where the damaged one says that it ends.
    /// </summary>
    private static void DemandTornTail(string path, ReadOnlySpan<byte> bytes, int damaged, uint salt, bool isLast)
    {
        if (!isLast) throw new LogCorruptException(path, damaged, "a record is damaged and later segments exist");
        if (Record.DeclaredLength(bytes[damaged..]) is { } length &&
            bytes[damaged..][length..].StartsWith(Record.Magic))
        {
            throw new LogCorruptException(
                path, damaged, $"a record is damaged, yet another was begun after it, at byte {damaged + length}");
        }

        for (var offset = damaged + 1; offset <= bytes.Length - Record.HeaderBytes; offset++)
        {
            var next = bytes[offset..].IndexOf(Record.Magic);
            if (next < 0) return;
            offset += next;
            if (Record.TryRead(bytes[offset..], salt, out _, out _))
                throw new LogCorruptException(path, damaged, $"a record is damaged, yet one at byte {offset} is whole");
        }
    }

    private readonly record struct Header(uint Salt, SnapshotMark? After, int Bytes);
}
