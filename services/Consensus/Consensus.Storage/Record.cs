using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// One flush's worth of entries as bytes. Everything that one flush makes durable is one record, so that a crash can
/// damage the last record of the log only, and damage before it is known for what it is.
/// <code>
/// offset  size  field (all numbers little-endian)
///      0     4  magic "HFR1"
///      4     4  length of the payload
///      8     4  CRC-32C of salt, length and payload
///     12        payload: entries, each
///               0   8  index
///               8   8  term
///              16   1  kind
///              17   4  length of the command
///              21      command
/// </code>
/// The salt is the segment's own random number: bytes inside a command never look like a record.
/// </summary>
internal static class Record
{
    public const int HeaderBytes = 12;
    public const int EntryHeaderBytes = 21;
    public const int PayloadBytesMax = 1 << 30;

    public static ReadOnlySpan<byte> Magic => "HFR1"u8;

    public static void Write(ArrayBufferWriter<byte> to, uint salt, IReadOnlyList<LogEntry> entries)
    {
        var payloadBytes = entries.Sum(static entry => (long)EntryHeaderBytes + entry.Command.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payloadBytes, PayloadBytesMax, nameof(entries));
        var record = to.GetSpan(HeaderBytes + (int)payloadBytes)[..(HeaderBytes + (int)payloadBytes)];
        Magic.CopyTo(record);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], (uint)payloadBytes);
        var rest = record[HeaderBytes..];
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(rest, entry.Index.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(rest[8..], entry.Term.Value);
            rest[16] = (byte)entry.Kind;
            BinaryPrimitives.WriteInt32LittleEndian(rest[17..], entry.Command.Length);
            entry.Command.Span.CopyTo(rest[EntryHeaderBytes..]);
            rest = rest[(EntryHeaderBytes + entry.Command.Length)..];
        }

        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], Checksum(record, salt));
        to.Advance(record.Length);
    }

    /// <summary>True when a whole and undamaged record begins here.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes, uint salt, out ImmutableArray<LogEntry> entries, out int length)
    {
        (entries, length) = ([], 0);
        if (DeclaredLength(bytes) is not { } declared) return false;
        var record = bytes[..declared];
        if (BinaryPrimitives.ReadUInt32LittleEndian(record[8..]) != Checksum(record, salt)) return false;
        if (!TryReadEntries(record[HeaderBytes..], out entries)) return false;
        length = record.Length;
        return true;
    }

    /// <summary>How long the record here says it is; null where it says nothing, or more than there is.</summary>
    public static int? DeclaredLength(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || !bytes.StartsWith(Magic)) return null;
        var payloadBytes = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        return payloadBytes <= (uint)(bytes.Length - HeaderBytes) ? HeaderBytes + (int)payloadBytes : null;
    }

    private static uint Checksum(ReadOnlySpan<byte> record, uint salt) =>
        Crc32C.Of(record[HeaderBytes..], Crc32C.Of(record[4..8], salt));

    private static bool TryReadEntries(ReadOnlySpan<byte> payload, out ImmutableArray<LogEntry> entries)
    {
        var read = ImmutableArray.CreateBuilder<LogEntry>();
        entries = [];
        while (!payload.IsEmpty)
        {
            if (payload.Length < EntryHeaderBytes) return false;
            var commandBytes = BinaryPrimitives.ReadInt32LittleEndian(payload[17..]);
            if (commandBytes < 0 || commandBytes > payload.Length - EntryHeaderBytes) return false;
            read.Add(new LogEntry(
                new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(payload)),
                new Term(BinaryPrimitives.ReadUInt64LittleEndian(payload[8..])),
                (EntryKind)payload[16],
                payload.Slice(EntryHeaderBytes, commandBytes).ToArray()));
            payload = payload[(EntryHeaderBytes + commandBytes)..];
        }

        entries = read.DrainToImmutable();
        return true;
    }
}
