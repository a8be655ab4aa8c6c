namespace Holdfast.Client;

/// <summary>
/// A secret in a file, read again when the file changes, so that it can be rotated under a running process. Of several
/// lines the first that is not empty is sent; a server accepts each.
/// </summary>
internal sealed class BearerTokenFile(string? path)
{
    private readonly Lock _gate = new();
    private DateTime _writtenAt;
    private string? _token;

    /// <summary>The token; null where no file is named.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read by this process.</exception>
    public string? Read()
    {
        if (path is null) return null;
        lock (_gate)
        {
            var writtenAt = File.GetLastWriteTimeUtc(path);
            if (_token is null || writtenAt != _writtenAt)
            {
                _token = File.ReadLines(path).Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0);
                _writtenAt = writtenAt;
            }

            return _token;
        }
    }
}
