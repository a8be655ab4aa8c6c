using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Consensus.Storage;

/// <summary>The flushes that make writes, renames and new names durable.</summary>
internal static partial class Disk
{
    private const int ReadOnly = 0;
    private const int AllocateAndGrow = 0;

    /// <summary>Makes the content and the size of a file durable, without its times (fdatasync).</summary>
    public static void FlushData(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        Demand(FlushData(file.DangerousGetHandle().ToInt32()));
        GC.KeepAlive(file);
    }

    /// <summary>Takes space up to a length, as zeros, where the system can.</summary>
    public static void Reserve(SafeFileHandle file, long length)
    {
        // What it says is not asked for: no space, or a file system that cannot. Then the next write tells.
        if (OperatingSystem.IsLinux() && nint.Size == sizeof(long))
            _ = Allocate(file.DangerousGetHandle().ToInt32(), AllocateAndGrow, 0, length);
        GC.KeepAlive(file);
    }

    /// <summary>
    /// Makes a file durable, or the names in a directory: a created or renamed file is lost without the latter.
    /// </summary>
    public static void Flush(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            if (Directory.Exists(path)) return;
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            RandomAccess.FlushToDisk(file);
            return;
        }

        var descriptor = Open(path, ReadOnly);
        Demand(descriptor);
        try
        {
            Demand(Flush(descriptor));
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Replaces a file as a whole: after a crash it holds the old content or the new one.</summary>
    public static void Replace(IDisk disk, string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".new";
        using (var file = disk.Create(temporary))
        {
            file.Write(content, 0);
            file.Flush();
        }

        disk.Move(temporary, path);
        disk.Flush(Path.GetDirectoryName(path)!);
    }

    private static void Demand(int result)
    {
        if (result >= 0) return;
        var error = Marshal.GetLastPInvokeError();
        throw new IOException($"{Marshal.GetPInvokeErrorMessage(error)} (errno {error}).");
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FlushData(int descriptor);

    [LibraryImport("libc", EntryPoint = "fallocate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Allocate(int descriptor, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
