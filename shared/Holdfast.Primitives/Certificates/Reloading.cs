using System.Security.Cryptography;

namespace Holdfast.Primitives;

/// <summary>
/// What was read from files, read again when one of them has changed, so that a certificate is replaced under a running
/// process. Files are replaced one after the other: while they do not fit together, what was read before counts.
/// Thread-safe.
/// </summary>
/// <param name="files">Those that are watched: a look at each per <see cref="Read"/>, nothing in between.</param>
/// <param name="read">
/// Reads them all. What it throws as <see cref="IOException"/>, <see cref="UnauthorizedAccessException"/> or
/// <see cref="CryptographicException"/> is a fault of the files.
/// </param>
/// <param name="onStale">Told once of each state of the files that cannot be used, while the one before counts.</param>
public sealed class Reloading<T>(IReadOnlyList<string> files, Func<T> read, Action<Exception>? onStale = null)
    where T : class
{
    private readonly Lock _gate = new();
    private (DateTime WrittenAt, long Bytes)[] _seen = [];
    private (DateTime WrittenAt, long Bytes)[] _unusable = [];
    private T? _value;

    /// <summary>The newest that could be used.</summary>
    /// <exception cref="IOException">There never was one, and a file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">There never was one; this process must not read it.</exception>
    /// <exception cref="CryptographicException">There never was one, and a file is not what is wanted.</exception>
    public T Read()
    {
        lock (_gate)
        {
            // Before reading: what changes meanwhile is seen the next time.
            var stamps = files.Select(StampOf).ToArray();
            if (_value is { } value && (stamps.SequenceEqual(_seen) || stamps.SequenceEqual(_unusable))) return value;
            try
            {
                _value = read();
                _seen = stamps;
            }
            catch (Exception unusable) when (_value is not null && IsOfFiles(unusable))
            {
                _unusable = stamps;
                onStale?.Invoke(unusable);
            }

            return _value;
        }
    }

    /// <summary>Whether an exception is one of the files, not of this program.</summary>
    public static bool IsOfFiles(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or CryptographicException;

    private static (DateTime WrittenAt, long Bytes) StampOf(string file)
    {
        var info = new FileInfo(file);
        return info.Exists ? (info.LastWriteTimeUtc, info.Length) : default;
    }
}
