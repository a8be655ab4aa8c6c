using Holdfast.Client;

namespace Holdfast.Handoff.Service.Daemons;

/// <summary>
/// A file that is replaced as a whole: whoever reads it, also after a crash, sees the old or the new one.
/// </summary>
internal static class DurableFile
{
    /// <exception cref="IOException">It is not known to be on the disk.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        DirectoryNames.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
