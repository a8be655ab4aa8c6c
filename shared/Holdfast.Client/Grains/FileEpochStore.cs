using System.Text;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// Keeps epochs in a file of lines, <c>epoch</c>, a space, the key, appended and flushed to disk before a write
/// passes. At opening the newest line per key counts, and the file is written anew without the older ones; a torn last
/// line, which no write waited for, is dropped.
/// </summary>
public sealed class FileEpochStore : IEpochStore, IDisposable
{
    private const int EpochLength = 33;
    private readonly Dictionary<string, Epoch> _loaded = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly FileStream _file;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="FormatException">A line that is not the last has another shape.</exception>
    public FileEpochStore(string path)
    {
        if (File.Exists(path)) Read(File.ReadAllText(path, Encoding.UTF8));
        var fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write))
        {
            foreach (var (key, epoch) in _loaded) file.Write(Line(key, epoch));
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <inheritdoc/>
    public Epoch Load(string key)
    {
        lock (_gate) return _loaded.GetValueOrDefault(key);
    }

    /// <inheritdoc/>
    public void Save(string key, Epoch epoch)
    {
        if (key.AsSpan().ContainsAny('\n', '\r')) throw new ArgumentException("A key has no line breaks.", nameof(key));
        lock (_gate)
        {
            _file.Write(Line(key, epoch));
            _file.Flush(flushToDisk: true);
            _loaded[key] = epoch;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static byte[] Line(string key, Epoch epoch) => Encoding.UTF8.GetBytes($"{epoch} {key}\n");

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
