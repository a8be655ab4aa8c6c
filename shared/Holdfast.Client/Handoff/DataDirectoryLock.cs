using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Client.Handoff;

/// <summary>
/// The right to a data directory: an advisory lock (<c>flock</c>) on a file in it, which the kernel takes back when the
/// process ends, however it ends. The file names the holder's process id for people. It is never removed: a lock on a
/// file without a name keeps nobody out.
/// </summary>
public sealed partial class DataDirectoryLock : IDisposable
{
    /// <summary>The file's name.</summary>
    public const string FileName = "handoff.lock";

    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int CloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180; // 0600
    private const int Exclusive = 2;
    private const int NonBlocking = 4;
    private const int WouldBlock = 11;
    private readonly SafeFileHandle _file;

    private DataDirectoryLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock; null where another process has it, and then <paramref name="holder"/> may say which.
    /// </summary>
    /// <exception cref="IOException">The file system has no locks, or failed.</exception>
    public static DataDirectoryLock? TryTake(string directory, out int? holder)
    {
        System.IO.Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, FileName);
        // .NET opens files with a shared lock of its own, which would fail where another process holds this one.
        var file = new SafeFileHandle(Open(path, ReadWrite | Create | CloseOnExec, OwnerOnly), ownsHandle: true);
        if (file.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            throw new IOException($"'{path}' cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}.");
        }

        holder = null;
        if (Lock(file, Exclusive | NonBlocking) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            holder = Holder(file);
            file.Dispose();
            if (error == WouldBlock) return null;
            throw new IOException($"'{path}' cannot be locked: {Marshal.GetPInvokeErrorMessage(error)}.");
        }

        var pid = Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n");
        RandomAccess.SetLength(file, 0);
        RandomAccess.Write(file, pid, 0);
        return new DataDirectoryLock(file);
    }

    /// <summary>Releases it.</summary>
    public void Dispose() => _file.Dispose();

    private static int? Holder(SafeFileHandle file)
    {
        Span<byte> bytes = stackalloc byte[16];
        var text = Encoding.ASCII.GetString(bytes[..RandomAccess.Read(file, bytes, 0)]).Trim();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Lock(SafeFileHandle file, int operation);
}

/// <summary>Another process holds the data directory.</summary>
public sealed class DataDirectoryHeldException(string directory, int? holder)
    : Exception(holder is { } pid
        ? $"'{directory}' is held by process {pid}; two processes never share a data directory."
        : $"'{directory}' is held by another process; two processes never share a data directory.")
{
    /// <summary>Who holds it, where that is known.</summary>
    public int? Holder { get; } = holder;
}
