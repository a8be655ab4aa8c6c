using System.Text;

namespace Holdfast.Client.Handoff;

/// <summary>Small files that are there whole or not at all, whenever the machine stops.</summary>
internal static class DurableFile
{
    public static void Replace(string path, string text)
    {
        var fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        DirectoryNames.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
