using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Holdfast.Benchmarks;

/// <summary>The limit of the disk: small writes, each flushed before the next.</summary>
internal static partial class Disk
{
    private const int RecordBytes = 300;
    private const int FileBytes = 16 * 1024 * 1024;

    /// <param name="directory">On the disk that is measured.</param>
    /// <param name="duration">How long.</param>
    public static double FlushesPerSecond(string directory, TimeSpan duration)
    {
        var path = Path.Combine(directory, "flushes");
        using var file = File.OpenHandle(
            path, FileMode.Create, FileAccess.ReadWrite, options: FileOptions.DeleteOnClose);
        RandomAccess.Write(file, new byte[FileBytes], 0);
        RandomAccess.FlushToDisk(file);
        var record = new byte[RecordBytes];
        var flushes = 0L;
        var started = Stopwatch.GetTimestamp();
        for (; Stopwatch.GetElapsedTime(started) < duration; flushes++)
        {
            RandomAccess.Write(file, record, flushes * RecordBytes % (FileBytes - RecordBytes));
            if (FlushData(file.DangerousGetHandle().ToInt32()) != 0)
                throw new MeasurementFailedException("fdatasync failed.");
        }

        return flushes / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    [LibraryImport("libc", EntryPoint = "fdatasync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FlushData(int descriptor);
}
