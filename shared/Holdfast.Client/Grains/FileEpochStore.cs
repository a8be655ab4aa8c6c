using System.Text;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// Keeps epochs in a file of lines, <c>epoch</c>, a space, the key, appended and flushed to disk before a write
/// passes. At opening the newest line per key counts, and the file is written anew without the older ones; a torn last
/// line, which no write waited for, is dropped. One process at a time has it open, by a lock on a file beside it.
/// </summary>
/// <remarks>
/// After a failed <see cref="Save"/> nobody knows what is on the disk, and a line written behind a fragment would be
/// lost with it, so all later ones are refused: open the file again.
/// </remarks>
public sealed class FileEpochStore : IEpochStore, IDisposable
{
    private const int EpochLength = 33;
    private readonly Dictionary<string, Epoch> _loaded = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly FileStream _lock;
    private readonly FileStream _file;
    private Exception? _failure;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="FormatException">A line that is not the last has another shape.</exception>
    /// <exception cref="IOException">Another has it open, or the disk failed.</exception>
    public FileEpochStore(string path)
        : this(path, OpenForAppend)
    {
    }

    internal FileEpochStore(string path, Func<string, FileStream> open)
    {
        _path = Path.GetFullPath(path);
        _lock = Locked(_path);
        try
        {
            Compact(_path);
            _file = open(_path);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Epoch Load(string key)
    {
        lock (_gate) return _loaded.GetValueOrDefault(key);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">It is not on the disk, and no later one will be.</exception>
    /// <exception cref="EpochGateFullException">The key is new, and there are too many.</exception>
    public void Save(string key, Epoch epoch)
    {
        if (key.AsSpan().ContainsAny('\n', '\r')) throw new ArgumentException("A key has no line breaks.", nameof(key));
        lock (_gate)
        {
            if (_failure is not null)
                throw new IOException($"An earlier write to '{_path}' failed ({_failure.Message}).", _failure);
            if (_loaded.Count >= EpochGate.DefaultKeysMax && !_loaded.ContainsKey(key))
                throw new EpochGateFullException(key, EpochGate.DefaultKeysMax);
            AppendLocked(Line(key, epoch));
            _loaded[key] = epoch;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _lock.Dispose();
    }

    private static FileStream OpenForAppend(string path) =>
        new(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);

    private static FileStream Locked(string path)
    {
        try
        {
            return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not DirectoryNotFoundException)
        {
            throw new IOException($"'{path}' is open already; one process at a time keeps its epochs there.", e);
        }
    }

    private static byte[] Line(string key, Epoch epoch) => Encoding.UTF8.GetBytes($"{epoch} {key}\n");

    private void AppendLocked(byte[] line)
    {
        try
        {
            _file.Write(line);
            _file.Flush(flushToDisk: true);
        }
        catch (Exception e)
        {
            _failure = e;
            throw;
        }
    }

    /// <summary>Reads the file and writes it anew with one line per key.</summary>
    private void Compact(string path)
    {
        if (File.Exists(path)) Read(File.ReadAllText(path, Encoding.UTF8));
        var fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write))
        {
            foreach (var (key, epoch) in _loaded) file.Write(Line(key, epoch));
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        DirectoryNames.Flush(Path.GetDirectoryName(path)!);
    }

    private void Read(string text)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length - 1; i++)
        {
            var line = lines[i];
            if (line.Length <= EpochLength || line[EpochLength] != ' ' ||
                !Epoch.TryParse(line[..EpochLength], out var epoch))
            {
                throw new FormatException($"Line {i + 1} is not an epoch, a space, a key: '{line}'.");
            }

            var key = line[(EpochLength + 1)..];
            if (epoch > _loaded.GetValueOrDefault(key)) _loaded[key] = epoch;
        }
    }
}
