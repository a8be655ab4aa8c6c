using System.Runtime.InteropServices;

namespace Holdfast.Client.Handoff;

/// <summary>What .NET has no call for, on inherited descriptors.</summary>
internal static partial class NativeSocket
{
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExecFlag = 1;

    /// <summary>Keeps a descriptor out of the processes that this one starts.</summary>
    /// <exception cref="IOException">It is no open descriptor.</exception>
    public static void CloseOnExec(int descriptor)
    {
        if (Control(descriptor, SetDescriptorFlags, CloseOnExecFlag) == 0) return;
        var error = Marshal.GetLastPInvokeError();
        throw new IOException($"Descriptor {descriptor}: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(int descriptor, int command, int argument);
}
