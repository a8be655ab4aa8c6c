namespace Holdfast.Cli.Settings;

/// <summary>A file with a secret, which nobody but its owner may read or change.</summary>
internal static class SecretFile
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>What is wrong with it, and what is wanted; null when nothing is.</summary>
    public static string? Problem(string path, string where)
    {
        try
        {
            if (!File.Exists(path)) return $"{where} is '{path}', and there is no such file.";
            if (!OperatingSystem.IsWindows() &&
                (File.GetUnixFileMode(path) & Others) is not UnixFileMode.None and var mode)
            {
                return $"{where} is '{path}', which others may {Verb(mode)}; " +
                    $"wanted is a file for its owner only: chmod 600 '{path}'.";
            }

            // What is no plain file, such as a pipe, can be read once only, by who needs it.
            using var file = File.OpenRead(path);
            return file.CanSeek && File.ReadLines(path).All(string.IsNullOrWhiteSpace)
                ? $"{where} is '{path}', which holds nothing; wanted is a file with the secret."
                : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return $"{where} is '{path}', which cannot be read: {unreadable.Message}";
        }
    }

    private static string Verb(UnixFileMode mode) =>
        (mode & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != UnixFileMode.None ? "read" : "change";
}
