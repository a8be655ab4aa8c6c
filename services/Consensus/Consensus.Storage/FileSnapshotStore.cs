using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// Snapshots as files, each named by its index. A file has its name only when it is whole and durable; before that it
/// has another, and a start removes it.
/// <code>
/// offset  size  field of the header (little-endian)
///      0     4  magic "HFN2"
///      4     8  index of the last entry in it
///     12     8  term of that entry
///     20     8  length of the content
///     28     4  CRC-32C of the content
///     32     4  length of the configuration
///     36     4  CRC-32C of the above and of the configuration
///     40        configuration: who was in the group there
///               content
/// </code>
/// The first format, "HFN1", has no configuration and is still read: its checksum is at 32, the content from 36.
/// </summary>
public sealed class FileSnapshotStore : ISnapshotStore
{
    public const string Extension = ".snapshot";
    internal const int HeaderBytes = 40;
    private const int FirstHeaderBytes = 36;
    private const int ConfigurationBytesMax = 1024 * 1024;
    private const string Unfinished = ".new";
    private const string ReceivedName = "received" + Extension + Unfinished;

    private readonly IDisk _disk;
    private readonly string _directory;

    // Around the step in which a file gets its name and older ones go, which the writer of the log does as well.
    private readonly Lock _naming = new();
    private IDiskFile? _received;

    internal FileSnapshotStore(IDisk disk, string directory) => (_disk, _directory) = (disk, directory);

    private static ReadOnlySpan<byte> Magic => "HFN2"u8;

    private static ReadOnlySpan<byte> FirstMagic => "HFN1"u8;

    /// <inheritdoc/>
    public SnapshotInfo Save(SnapshotMark mark, Action<IBufferWriter<byte>> write)
    {
        var unfinished = PathOf(mark.Index) + Unfinished;
        try
        {
            SnapshotInfo snapshot;
            using (var file = _disk.Create(unfinished))
            {
                var content = new SnapshotFileWriter(file, ContentAt(mark.Configuration));
                write(content);
                content.Complete();
                snapshot = new SnapshotInfo(
                    mark.Index, mark.Term, content.Bytes, content.Checksum, mark.Configuration);
                Finish(file, snapshot);
            }

            Publish(unfinished, snapshot.Index);
            return snapshot;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException(unfinished, failure);
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? TryRead(SnapshotInfo snapshot, long offset, int bytesMax)
    {
        if (TryOpen(snapshot.Index) is not { } opened) return null;
        using var file = opened;
        var path = PathOf(snapshot.Index);
        var (found, contentAt) = ReadHeader(file, path);

        // Another of the same place, in the stead of one that was damaged.
        if ((found.Bytes, found.Checksum) != (snapshot.Bytes, snapshot.Checksum)) return null;
        var part = new byte[(int)Math.Min(bytesMax, snapshot.Bytes - offset)];
        ReadAll(file, part, contentAt + offset, path);
        return part;
    }

    /// <summary>The whole content, checked; null when a newer one took its place. For the state machine.</summary>
    /// <exception cref="LogCorruptException">The file is damaged.</exception>
    public byte[]? TryReadAll(SnapshotInfo snapshot)
    {
        if (TryOpen(snapshot.Index) is not { } opened) return null;
        using var file = opened;
        var path = PathOf(snapshot.Index);
        var content = new byte[snapshot.Bytes];
        var contentAt = ReadHeader(file, path).ContentAt;
        ReadAll(file, content, contentAt, path);
        if (Crc32C.Of(content) != snapshot.Checksum)
            throw new LogCorruptException(path, contentAt, "the content of the snapshot is damaged");
        return content;
    }

    /// <summary>
    /// Removes what was not finished, and finds the newest, which is checked as a whole; null without any.
    /// </summary>
    /// <exception cref="LogCorruptException">The newest is damaged.</exception>
    internal SnapshotInfo? Load()
    {
        foreach (var path in _disk.FilesIn(_directory, Extension + Unfinished)) _disk.Delete(path);
        var indexes = Indexes();
        if (indexes.Count == 0) return null;
        var newest = ReadHeader(indexes.Max());
        TryReadAll(newest);
        DeleteBefore(newest.Index);
        return newest;
    }

    internal string PathOf(LogIndex index) =>
        Path.Combine(_directory, index.Value.ToString("d16", CultureInfo.InvariantCulture) + Extension);

    /// <summary>
    /// Takes a part that a leader sent; the last one makes the snapshot durable. Called by the log's writer.
    /// </summary>
    internal void Take(SnapshotChunk chunk)
    {
        var path = Path.Combine(_directory, ReceivedName);
        if (chunk.Offset == 0)
        {
            _received?.Dispose();
            _received = _disk.Create(path);
        }

        Invariant.Holds(_received is not null);
        _received.Write(chunk.Data.Span, ContentAt(chunk.Snapshot.Configuration) + chunk.Offset);
        if (!chunk.IsLast) return;
        Finish(_received, chunk.Snapshot);
        _received.Dispose();
        _received = null;
        Publish(path, chunk.Snapshot.Index);
    }

    internal void Close() => _received?.Dispose();

    private IDiskFile? TryOpen(LogIndex index)
    {
        try
        {
            return _disk.OpenToRead(PathOf(index));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static int ContentAt(Configuration? configuration) => HeaderBytes + (configuration?.Encoded.Length ?? 0);

    private static void Finish(IDiskFile file, SnapshotInfo snapshot)
    {
        var configuration = snapshot.Configuration?.Encoded ?? default;
        var header = new byte[HeaderBytes + configuration.Length];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(4), snapshot.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(12), snapshot.Term.Value);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(20), snapshot.Bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(28), snapshot.Checksum);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(32), configuration.Length);
        configuration.Span.CopyTo(header.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(36), HeaderChecksum(header));
        file.Write(header, 0);
        file.Flush();
    }

    private static uint HeaderChecksum(ReadOnlySpan<byte> header) =>
        Crc32C.Of(header[HeaderBytes..], Crc32C.Of(header[..36]));

    private static void ReadAll(IDiskFile file, Span<byte> into, long offset, string path)
    {
        while (!into.IsEmpty)
        {
            var read = file.Read(into, offset);
            if (read == 0) throw new LogCorruptException(path, offset, "the snapshot is cut off");
            into = into[read..];
            offset += read;
        }
    }

    private void Publish(string unfinished, LogIndex index)
    {
        lock (_naming)
        {
            _disk.Move(unfinished, PathOf(index));
            _disk.Flush(_directory);
            DeleteBefore(Indexes().Max());
        }
    }

    private void DeleteBefore(LogIndex newest)
    {
        foreach (var index in Indexes())
            if (index < newest) _disk.Delete(PathOf(index));
    }

    private SnapshotInfo ReadHeader(LogIndex index)
    {
        var path = PathOf(index);
        using var file = _disk.OpenToRead(path);
        var (snapshot, contentAt) = ReadHeader(file, path);
        if (snapshot.Index != index || file.Length != contentAt + snapshot.Bytes)
            throw new LogCorruptException(path, 4, "the snapshot has another index or length than it should");
        return snapshot;
    }

    private static (SnapshotInfo Snapshot, int ContentAt) ReadHeader(IDiskFile file, string path)
    {
        var start = new byte[FirstHeaderBytes];
        ReadAll(file, start, 0, path);
        if (TryReadHeader(file, path, start) is { } header) return header;
        LaterFormat.Refuse(path, start, Magic, digit =>
        {
            start[3] = digit;
            return TryReadHeader(file, path, start) is not null;
        });
        throw new LogCorruptException(path, 0, "the header of the snapshot is damaged");
    }

    private static (SnapshotInfo Snapshot, int ContentAt)? TryReadHeader(IDiskFile file, string path, byte[] start)
    {
        Configuration? configuration = null;
        var contentAt = FirstHeaderBytes;
        var isWhole = start.AsSpan().StartsWith(FirstMagic) &&
            BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(32)) == Crc32C.Of(start.AsSpan(..32));
        if (start.AsSpan().StartsWith(Magic))
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(32));
            if (length is < 0 or > ConfigurationBytesMax || file.Length < HeaderBytes + length) return null;
            contentAt = HeaderBytes + length;
            var header = new byte[contentAt];
            start.CopyTo(header, 0);
            ReadAll(file, header.AsSpan(FirstHeaderBytes), FirstHeaderBytes, path);
            isWhole = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(36)) == HeaderChecksum(header);
            configuration = length == 0 ? null : Configuration.TryRead(header.AsSpan(HeaderBytes));
            isWhole &= length == 0 || configuration is not null;
        }

        if (!isWhole) return null;
        var snapshot = new SnapshotInfo(
            new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(start.AsSpan(4))),
            new Term(BinaryPrimitives.ReadUInt64LittleEndian(start.AsSpan(12))),
            BinaryPrimitives.ReadInt64LittleEndian(start.AsSpan(20)),
            BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(28)),
            configuration);
        return (snapshot, contentAt);
    }

    private List<LogIndex> Indexes()
    {
        var indexes = new List<LogIndex>();
        foreach (var path in _disk.FilesIn(_directory, Extension))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (!ulong.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                throw new LogCorruptException(path, 0, "its name is no snapshot's");
            indexes.Add(new LogIndex(index));
        }

        return indexes;
    }
}
