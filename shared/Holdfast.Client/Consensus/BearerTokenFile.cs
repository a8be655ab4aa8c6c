namespace Holdfast.Client;

/// <summary>A secret in a file, read again when the file changes, so that it can be rotated under a running process.</summary>
internal sealed class BearerTokenFile(string? path)
{
    private readonly Lock _gate = new();
    private DateTime _writtenAt;
    private string? _token;

    /// <summary>The token; null where there is no file.</summary>
    public string? Read()
    {
        if (path is null) return null;
        lock (_gate)
        {
            var writtenAt = File.GetLastWriteTimeUtc(path);
            if (_token is null || writtenAt != _writtenAt)
            {
                _token = File.ReadAllText(path).Trim();
                _writtenAt = writtenAt;
            }

            return _token;
        }
    }
}
