using System.Runtime.InteropServices;

namespace Holdfast.Client;

/// <summary>The names in a directory: until they are flushed, a crash may undo a creation or a renaming.</summary>
public static partial class DirectoryNames
{
    private const int ReadOnly = 0;

    /// <summary>Flushes them.</summary>
    /// <exception cref="IOException">They are not known to be on the disk.</exception>
    public static void Flush(string directory)
    {
        // Windows journals names by itself, and has no call for it.
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(directory, ReadOnly);
        Demand(descriptor, directory);
        try
        {
            Demand(Sync(descriptor), directory);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static void Demand(int result, string directory)
    {
        if (result >= 0) return;
        var error = Marshal.GetLastPInvokeError();
        throw new IOException($"The names in '{directory}' are not flushed: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
