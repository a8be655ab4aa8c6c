using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// A secret in a file, read again when the file changes, so that it can be rotated under a running process. Of several
/// lines the first that is not empty is sent; a server accepts each. While the file is being replaced, and is empty or
/// not there, what was read before counts.
/// </summary>
internal sealed class BearerTokenFile(string? path)
{
    private readonly Reloading<string>? _token = path is null ? null : new Reloading<string>([path], () => Read(path));

    /// <summary>The token; null where no file is named.</summary>
    /// <exception cref="IOException">There never was one: the file cannot be read, or has none.</exception>
    /// <exception cref="UnauthorizedAccessException">There never was one; this process must not read it.</exception>
    public string? Read() => _token?.Read();

    private static string Read(string path) =>
        File.ReadLines(path).Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0) ??
        throw new IOException($"{path} holds no token; wanted: one on a line of its own.");
}
