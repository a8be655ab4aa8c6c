using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// The log in numbered segment files of a directory, term and vote in a file of their own. Before entries of a term
/// are written, that term is durable: a log never speaks of a term that its voter does not know.
/// </summary>
public sealed class FileLogStore : ILogStore
{
    // A buffer that one large group made grow is given back.
    private const int BufferBytesKept = 4 * 1024 * 1024;

    private readonly DataDirectory _directory;
    private readonly long _segmentBytesMax;
    private readonly Action<string> _flush;
    private ArrayBufferWriter<byte> _buffer = new();
    private Segment? _segment;
    private LogIndex _lastIndex;
    private Exception? _failure;

    private FileLogStore(DataDirectory directory, long segmentBytesMax, Action<string> flush) =>
        (_directory, _segmentBytesMax, _flush) = (directory, segmentBytesMax, flush);

    /// <summary>Takes the directory, creating it where it is missing.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="identity">Whose it is; a directory of another voter is refused.</param>
    /// <param name="segmentBytesMax">Size at which a new segment is begun.</param>
    /// <exception cref="DataDirectoryInUseException">Another process has it.</exception>
    /// <exception cref="DataDirectoryForeignException">It belongs to another voter.</exception>
    public static FileLogStore Open(string directory, string identity, long segmentBytesMax = 64L * 1024 * 1024) =>
        Open(directory, identity, segmentBytesMax, Disk.Flush);

    /// <summary>The same, with the flush of files and directories that are only read here; tests watch it.</summary>
    internal static FileLogStore Open(
        string directory, string identity, long segmentBytesMax, Action<string> flush) =>
        new(DataDirectory.Take(directory, identity, flush), segmentBytesMax, flush);

    /// <inheritdoc/>
    /// <exception cref="LogCorruptException">The log is damaged before its end.</exception>
    public DurableState Load()
    {
        Invariant.Holds(_segment is null);
        var state = HardStateFile.Read(_directory.PathOf(HardStateFile.Name));
        var entries = new List<LogEntry>();
        var numbers = SegmentNumbers();
        foreach (var number in numbers)
        {
            _segment?.Dispose();
            var path = Segment.PathOf(_directory.Path, number);
            _segment = Segment.Read(
                path, number, number == numbers[^1], (record, offset) => Replay(path, offset, record, entries));
        }

        if (entries.Count > 0 && entries[^1].Term > state.Term)
            throw new LogCorruptException(
                _directory.PathOf(HardStateFile.Name), 0, $"the log holds term {entries[^1].Term}, this {state.Term}");
        FlushWhatWasRead(numbers);
        _segment ??= CreateSegment(1);
        _lastIndex = new LogIndex((ulong)entries.Count);
        return new DurableState(state, entries);
    }

    /// <inheritdoc/>
    public void Write(IReadOnlyList<Persistence> group)
    {
        if (_failure is not null) throw new StorageFailedException(_directory.Path, _failure);
        try
        {
            WriteState(group);
            WriteEntries(group);
        }
        catch (Exception failure) when (failure is not InvariantViolatedException)
        {
            // After a failed flush the kernel may have dropped the pages and report success next time.
            _failure = failure;
            throw new StorageFailedException(_directory.Path, failure);
        }
    }

    public void Dispose()
    {
        _segment?.Dispose();
        _directory.Dispose();
    }

    private static void Replay(string path, long offset, ImmutableArray<LogEntry> record, List<LogEntry> entries)
    {
        foreach (var entry in record)
        {
            if (entry.Index == LogIndex.Zero || entry.Index.Value > (ulong)entries.Count + 1)
                throw new LogCorruptException(path, offset, $"entry {entry.Index} follows entry {entries.Count}");
            var keep = (int)entry.Index.Previous().Value;
            entries.RemoveRange(keep, entries.Count - keep);
            if (keep > 0 && entries[^1].Term > entry.Term)
                throw new LogCorruptException(path, offset, $"the term falls at entry {entry.Index}");
            entries.Add(entry);
        }
    }

    /// <summary>
    /// A process that was killed between a write and its flush, or between a rename and that of the directory, leaves
    /// its work in the page cache: it reads like durable, and is lost with the power. What the node is told it holds,
    /// it acknowledges, so all of it is flushed first; also the older segments, which may be a copy made just now.
    /// </summary>
    private void FlushWhatWasRead(List<ulong> numbers)
    {
        foreach (var number in numbers) _flush(Segment.PathOf(_directory.Path, number));
        var state = _directory.PathOf(HardStateFile.Name);
        if (File.Exists(state)) _flush(state);
        _flush(_directory.Path);
    }

    private void WriteState(IReadOnlyList<Persistence> group)
    {
        var state = group.LastOrDefault(static write => write.State is not null)?.State;
        if (state is { } newest) HardStateFile.Write(_directory.PathOf(HardStateFile.Name), newest);
    }

    private void WriteEntries(IReadOnlyList<Persistence> group)
    {
        var entries = group.SelectMany(static write => write.Entries).ToList();
        if (entries.Count == 0) return;
        foreach (var entry in entries)
        {
            Invariant.Holds(entry.Index <= _lastIndex.Next());
            _lastIndex = entry.Index;
        }

        Invariant.Holds(_segment is not null);
        if (_segment.Length >= _segmentBytesMax) BeginNextSegment();
        Record.Write(_buffer, _segment.Salt, entries);
        _segment.Append(_buffer.WrittenSpan);
        _segment.Flush();
        if (_buffer.Capacity > BufferBytesKept) _buffer = new ArrayBufferWriter<byte>();
        else _buffer.ResetWrittenCount();
    }

    private void BeginNextSegment()
    {
        var next = CreateSegment(_segment!.Number + 1);
        _segment.Dispose();
        _segment = next;
    }

    private Segment CreateSegment(ulong number) => Segment.Create(
        _directory.Path, number, BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint))));

    private List<ulong> SegmentNumbers()
    {
        var numbers = new List<ulong>();
        foreach (var path in Directory.EnumerateFiles(_directory.Path, "*" + Segment.Extension))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (!ulong.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                throw new LogCorruptException(path, 0, "its name is no segment's");
            numbers.Add(number);
        }

        numbers.Sort();
        for (var i = 0; i < numbers.Count; i++)
        {
            var expected = (ulong)i + 1;
            if (numbers[i] != expected)
                throw new LogCorruptException(Segment.PathOf(_directory.Path, expected), 0, "the segment is missing");
        }

        return numbers;
    }
}
