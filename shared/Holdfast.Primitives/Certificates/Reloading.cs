using System.Security.Cryptography;

namespace Holdfast.Primitives;

/// <summary>
/// What was read from files, read again when one of them has changed, so that a certificate is replaced under a running
/// process. Files are replaced one after the other: while they do not fit together, what was read before counts.
/// Thread-safe.
/// </summary>
/// <param name="files">
/// Those that are watched: small ones, since each <see cref="Read"/> looks at all they hold. Their times would not do:
/// a copy keeps the time of what it copies, and a kernel's clock for them stands still for milliseconds.
/// </param>
/// <param name="read">
/// Reads them all. What it throws as <see cref="IOException"/>, <see cref="UnauthorizedAccessException"/> or
/// <see cref="CryptographicException"/> is a fault of the files.
/// </param>
/// <param name="onStale">Told once of each state of the files that cannot be used, while the one before counts.</param>
public sealed class Reloading<T>(IReadOnlyList<string> files, Func<T> read, Action<Exception>? onStale = null)
    where T : class
{
    private readonly Lock _gate = new();
    private byte[]? _seen;
    private byte[]? _unusable;
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
            var hash = HashOfAll();
            if (_value is { } value && (hash.AsSpan().SequenceEqual(_seen) || hash.AsSpan().SequenceEqual(_unusable)))
                return value;
            try
            {
                _value = read();
                (_seen, _unusable) = (hash, null);
            }
            catch (Exception unusable) when (_value is not null && IsOfFiles(unusable))
            {
                _unusable = hash;
                onStale?.Invoke(unusable);
            }

            return _value;
        }
    }

    /// <summary>Whether an exception is one of the files, not of this program.</summary>
    public static bool IsOfFiles(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or CryptographicException;

    private byte[] HashOfAll()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            // Each by its own hash, so that no two lists of files look alike.
            try
            {
                hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
            }
            catch (Exception unreadable) when (IsOfFiles(unreadable))
            {
                hash.AppendData(new byte[SHA256.HashSizeInBytes]);
            }
        }

        return hash.GetHashAndReset();
    }
}
