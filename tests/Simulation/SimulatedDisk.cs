namespace Holdfast.Simulation;

/// <summary>
/// The disk of one machine, byte by byte. What is written is in its cache and can be read; it is durable only once it
/// is flushed, a file by its own flush, a name by that of its directory. A killed process leaves the cache as it is. A
/// machine without power loses it, and chance decides what of the unflushed writes had reached the disk: any of their
/// sectors, in any order (lost, torn and reordered writes); names in their order, as journals of file systems keep it.
/// <para>
/// Every change is a step. <see cref="EndAfter"/> lets the process end in the middle of one, so that no moment between
/// two steps, and in one, is safe from a crash. The faults of a broken disk are set from outside: it is full, its next
/// flush fails, a bit flips.
/// </para>
/// </summary>
public sealed class SimulatedDisk(Chance chance)
{
    internal const int SectorBytes = 512;

    private readonly Dictionary<string, FileContent> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileContent> _durableNames = new(StringComparer.Ordinal);
    private readonly List<(string Path, FileContent? Content)> _unflushedNames = [];
    private readonly HashSet<string> _locked = new(StringComparer.Ordinal);
    private int? _stepsLeft;

    /// <summary>Writes are refused: there is no space left.</summary>
    public bool IsFull { get; set; }

    /// <summary>
    /// Flushes are refused. What they were to make durable stays in the cache and can be read, but no later flush
    /// writes it: so do the kernels that mark such pages as clean.
    /// </summary>
    public bool FailsFlushes { get; set; }

    public long FlushCount { get; private set; }

    /// <summary>Paths that can be read, in the order of their names.</summary>
    public IEnumerable<string> Paths => _names.Keys.Order(StringComparer.Ordinal);

    /// <summary>Changes with every byte and name that a process would read now.</summary>
    public ulong Digest => Paths.Aggregate(0UL, (digest, path) =>
        Trace.Mix(Trace.Mix(digest, Trace.DigestOf(path)), Trace.DigestOf(_names[path].Bytes)));

    public bool Exists(string path) => _names.ContainsKey(path);

    public byte[] ReadAll(string path) => Find(path).Bytes.ToArray();

    public long LengthOf(string path) => Find(path).Bytes.Length;

    public SimulatedFile Open(string path) => new(this, Find(path));

    public SimulatedFile Create(string path)
    {
        Step();
        if (IsFull) throw NoSpace();
        var content = new FileContent();
        SetName(path, content);
        return new SimulatedFile(this, content);
    }

    public void Move(string from, string to)
    {
        Step();
        var content = Find(from);
        SetName(to, content);
        SetName(from, null);
    }

    public void Delete(string path)
    {
        Step();
        if (_names.ContainsKey(path)) SetName(path, null);
    }

    /// <summary>Makes the content of a file durable, or the names in a directory.</summary>
    public void Flush(string path)
    {
        if (_names.TryGetValue(path, out var content))
        {
            Flush(content);
            return;
        }

        Step();
        DemandFlush();

        foreach (var (name, named) in _unflushedNames.Where(change => IsIn(path, change.Path))) Apply(name, named);
        _unflushedNames.RemoveAll(change => IsIn(path, change.Path));
    }

    public IDisposable Lock(string path)
    {
        if (!_locked.Add(path)) throw new IOException($"'{path}' is locked.");
        return new Held(() => _locked.Remove(path));
    }

    /// <summary>The process ends within its next so many steps, or, where it makes fewer, it does not.</summary>
    public void EndAfter(int steps) => _stepsLeft = steps;

    /// <summary>The process is gone, and everything it wrote is in the cache.</summary>
    public void Kill()
    {
        _stepsLeft = null;
        _locked.Clear();
    }

    /// <summary>The machine loses its power.</summary>
    public void LosePower()
    {
        Kill();
        var survive = chance.Next(_unflushedNames.Count + 1);
        foreach (var (path, content) in _unflushedNames.Take(survive)) Apply(path, content);
        _unflushedNames.Clear();
        _names.Clear();
        foreach (var (path, content) in _durableNames.OrderBy(static one => one.Key, StringComparer.Ordinal))
        {
            content.LosePower(chance);
            _names.Add(path, content);
        }
    }

    /// <summary>One bit of a file turns over, in the cache and on the disk.</summary>
    public void FlipBit(string path, long offset, int bit) => Find(path).FlipBit((int)offset, bit);

    internal void Write(FileContent content, ReadOnlySpan<byte> bytes, long offset)
    {
        // A write that the end of its process, or the end of the space, interrupts has written a part of it.
        if (IsFull || _stepsLeft == 0) content.Write(bytes[..chance.Next(bytes.Length + 1)], (int)offset);
        Step();
        if (IsFull) throw NoSpace();
        content.Write(bytes, (int)offset);
    }

    internal void SetLength(FileContent content, long length)
    {
        Step();
        content.SetLength((int)length);
    }

    internal void Flush(FileContent content)
    {
        Step();
        if (FailsFlushes) content.ForgetUnflushed();
        DemandFlush();
        content.Flush();
    }

    private static bool IsIn(string directory, string path) => Path.GetDirectoryName(path) == directory;

    private static IOException NoSpace() => new("No space left on the simulated disk.");

    private void DemandFlush()
    {
        if (FailsFlushes) throw new IOException("The simulated disk did not flush.");
        FlushCount++;
    }

    private void Step()
    {
        if (_stepsLeft is not { } left) return;
        if (left == 0) throw new ProcessEndedException();
        _stepsLeft = left - 1;
    }

    private FileContent Find(string path) =>
        _names.TryGetValue(path, out var content) ? content : throw new FileNotFoundException(null, path);

    private void SetName(string path, FileContent? content)
    {
        if (content is null) _names.Remove(path);
        else _names[path] = content;
        _unflushedNames.Add((path, content));
    }

    private void Apply(string path, FileContent? content)
    {
        if (content is null) _durableNames.Remove(path);
        else _durableNames[path] = content;
    }

    private sealed class Held(Action release) : IDisposable
    {
        public void Dispose() => release();
    }
}

/// <summary>An open file of a simulated disk.</summary>
public sealed class SimulatedFile
{
    private readonly SimulatedDisk _disk;
    private readonly FileContent _content;

    internal SimulatedFile(SimulatedDisk disk, FileContent content) => (_disk, _content) = (disk, content);

    public long Length => _content.Bytes.Length;

    /// <returns>The bytes read; 0 at the end.</returns>
    public int Read(Span<byte> into, long offset)
    {
        var bytes = _content.Bytes;
        if (offset >= bytes.Length) return 0;
        var count = Math.Min(into.Length, bytes.Length - (int)offset);
        bytes.Slice((int)offset, count).CopyTo(into);
        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset) => _disk.Write(_content, bytes, offset);

    public void SetLength(long length) => _disk.SetLength(_content, length);

    public void Flush() => _disk.Flush(_content);
}

/// <summary>The process ended in the middle of what it asked of the disk.</summary>
public sealed class ProcessEndedException() : Exception("The process ended here.");
