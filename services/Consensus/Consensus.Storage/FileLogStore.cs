using System.Buffers;
using System.Security.Cryptography;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// The log in numbered segment files of a directory, term and vote in a file of their own. Before entries of a term
/// are written, that term is durable: a log never speaks of a term that its voter does not know.
/// </summary>
public sealed partial class FileLogStore : ILogStore
{
    // A buffer that one large group made grow is given back.
    private const int BufferBytesKept = 4 * 1024 * 1024;

    // Fewer would hold more space that is not needed yet, more would let more flushes wait for the file to grow.
    private const int ReservationsPerSegment = 16;

    private readonly DataDirectory _directory;
    private readonly long _segmentBytesMax;
    private readonly IDisk _disk;
    private readonly Action<string> _flush;
    private readonly Func<uint> _salt;
    private ArrayBufferWriter<byte> _buffer = new();
    private readonly FileSnapshotStore _snapshots;

    // Segments before the present one, oldest first, each with the highest place that it ever held.
    private readonly Queue<(ulong Number, LogIndex Highest)> _older = new();
    private Segment? _segment;
    private LogIndex _highest;
    private SnapshotMark _last;
    private HardState _state;
    private bool _isRecovering;
    private Exception? _failure;

    private FileLogStore(
        IDisk disk, DataDirectory directory, long segmentBytesMax, Action<string> flush, Func<uint> salt)
    {
        (_disk, _directory, _segmentBytesMax, _flush, _salt) = (disk, directory, segmentBytesMax, flush, salt);
        _snapshots = new FileSnapshotStore(disk, directory.Path);
    }

    /// <summary>The snapshots in the same directory.</summary>
    public FileSnapshotStore Snapshots => _snapshots;

    ISnapshotStore ILogStore.Snapshots => _snapshots;

    /// <summary>Takes the directory, creating it where it is missing.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="identity">Whose it is; a directory of another voter is refused.</param>
    /// <param name="segmentBytesMax">Size at which a new segment is begun.</param>
    /// <param name="policy">What to do about a log that is damaged before its end.</param>
    /// <exception cref="DataDirectoryInUseException">Another process has it.</exception>
    /// <exception cref="DataDirectoryForeignException">It belongs to another voter.</exception>
    public static FileLogStore Open(
        string directory,
        string identity,
        long segmentBytesMax = 64L * 1024 * 1024,
        CorruptionPolicy policy = CorruptionPolicy.Refuse) =>
        Open(FileDisk.Instance, directory, identity, segmentBytesMax, FileDisk.Instance.Flush, RandomSalt, policy);

    /// <summary>The same, with the flush of files and directories that are only read here; tests watch it.</summary>
    internal static FileLogStore Open(
        string directory, string identity, long segmentBytesMax, Action<string> flush) =>
        Open(FileDisk.Instance, directory, identity, segmentBytesMax, flush, RandomSalt);

    /// <summary>The same on any disk, with the source of the segments' salts.</summary>
    internal static FileLogStore Open(
        IDisk disk,
        string directory,
        string identity,
        long segmentBytesMax,
        Action<string> flush,
        Func<uint> salt,
        CorruptionPolicy policy = CorruptionPolicy.Refuse) =>
        new(disk, DataDirectory.Take(disk, directory, identity, flush), segmentBytesMax, flush, salt)
        {
            Policy = policy,
        };

    /// <inheritdoc/>
    public void Write(IReadOnlyList<Persistence> group)
    {
        if (_failure is not null) throw new StorageFailedException(_directory.Path, _failure);
        try
        {
            WriteState(group);
            WriteEntries(group);
            if (group.Any(static write => write.IsRecovered)) EndRecovery();
        }
        catch (Exception failure) when (failure is not InvariantViolatedException)
        {
            // After a failed flush the kernel may have dropped the pages and report success next time.
            _failure = failure;
            throw new StorageFailedException(_directory.Path, failure);
        }
    }

    /// <summary>Who was in the group at the first start; null where nobody recorded it.</summary>
    /// <exception cref="LogCorruptException">The file is damaged.</exception>
    public Configuration? ReadBootstrap() => BootstrapFile.Read(_disk, _directory.PathOf(BootstrapFile.Name));

    /// <summary>Records it, once, before anything is decided by it.</summary>
    public void WriteBootstrap(Configuration configuration) =>
        BootstrapFile.Write(_disk, _directory.PathOf(BootstrapFile.Name), configuration);

    public void Dispose()
    {
        try
        {
            if (_failure is null) _segment?.Seal();
        }
        finally
        {
            _segment?.Dispose();
            _snapshots.Close();
            _directory.Dispose();
        }
    }

    private void WriteState(IReadOnlyList<Persistence> group)
    {
        var state = group.LastOrDefault(static write => write.State is not null)?.State;
        if (state is not { } newest) return;
        _state = newest;
        HardStateFile.Write(_disk, _directory.PathOf(HardStateFile.Name), newest, _isRecovering);
    }

    /// <summary>What was lost is durable again. Until the last step a start takes it for lost.</summary>
    private void EndRecovery()
    {
        _isRecovering = false;
        HardStateFile.Write(_disk, _directory.PathOf(HardStateFile.Name), _state);
        RecoveryFile.Delete(_disk, _directory.PathOf(RecoveryFile.Name));
    }

    /// <summary>
    /// In order: what is before an installed snapshot is void with it, what follows it is flushed at the end.
    /// </summary>
    private void WriteEntries(IReadOnlyList<Persistence> group)
    {
        var entries = new List<LogEntry>();
        foreach (var write in group)
        {
            if (write.Chunk is { } chunk)
            {
                _snapshots.Take(chunk);
                if (chunk.IsLast)
                {
                    entries.Clear();
                    BeginAnew(new SnapshotMark(chunk.Snapshot.Index, chunk.Snapshot.Term));
                }
            }

            entries.AddRange(write.Entries);
        }

        Append(entries);
        var compactTo = group.LastOrDefault(static write => write.CompactTo is not null)?.CompactTo;
        if (compactTo is { } index) DeleteSegments(index);
    }

    private void Append(List<LogEntry> entries)
    {
        if (entries.Count == 0) return;
        Invariant.Holds(_segment is not null);
        if (_segment.Length >= _segmentBytesMax) BeginNextSegment();
        foreach (var entry in entries)
        {
            Invariant.Holds(entry.Index <= _last.Index.Next());
            _last = new SnapshotMark(entry.Index, entry.Term);
            _highest = LogIndex.Later(_highest, entry.Index);
        }

        Record.Write(_buffer, _segment.Salt, entries);
        _segment.Append(_buffer.WrittenSpan, _segmentBytesMax / ReservationsPerSegment);
        _segment.Flush();
        if (_buffer.Capacity > BufferBytesKept) _buffer = new ArrayBufferWriter<byte>();
        else _buffer.ResetWrittenCount();
    }

    private void BeginNextSegment()
    {
        KeepAsOlder();
        _segment = CreateSegment(_segment!.Number + 1);
    }

    private void KeepAsOlder()
    {
        _segment!.Seal();
        _older.Enqueue((_segment.Number, _highest));
        _segment.Dispose();
        _highest = LogIndex.Zero;
    }

    /// <summary>The log goes on after an installed snapshot; all that was before goes, the oldest first.</summary>
    private void BeginAnew(SnapshotMark after)
    {
        _last = after;
        if (_segment is null) return;
        BeginNextSegment();
        DeleteOlder(static _ => true);
    }

    private void DeleteSegments(LogIndex upTo)
    {
        // A new segment, so that a log that hardly grows does not keep what is in its only one for ever.
        if (_highest <= upTo && _highest > LogIndex.Zero && _segment!.Length >= _segmentBytesMax) BeginNextSegment();
        DeleteOlder(highest => highest <= upTo);
    }

    private void DeleteOlder(Func<LogIndex, bool> isNeedless)
    {
        var before = _older.Count;
        while (_older.TryPeek(out var oldest) && isNeedless(oldest.Highest))
            _disk.Delete(Segment.PathOf(_directory.Path, _older.Dequeue().Number));
        if (_older.Count < before) _disk.Flush(_directory.Path);
    }

    internal static uint RandomSalt() => BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));

    private Segment CreateSegment(ulong number) => Segment.Create(
        _disk, _directory.Path, number, _salt(), _last);
}
