using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Holdfast.Client.Handoff;

/// <summary>What a name leads to: device and inode, which two files never share.</summary>
internal readonly partial record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    // struct statx is the same on every architecture, which struct stat is not: 256 bytes, the inode at 32, the
    // device at 136.
    private const int Size = 256;
    private const int InodeOffset = 32;
    private const int DeviceOffset = 136;
    private const int CurrentDirectory = -100;
    private const uint InodeMask = 0x100;

    /// <summary>Null where the path leads to nothing.</summary>
    public static FileIdentity? Of(string path)
    {
        Span<byte> status = stackalloc byte[Size];
        if (Status(CurrentDirectory, path, 0, InodeMask, status) != 0) return null;
        return new FileIdentity(
            BinaryPrimitives.ReadUInt32LittleEndian(status[DeviceOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(status[(DeviceOffset + 4)..]),
            BinaryPrimitives.ReadUInt64LittleEndian(status[InodeOffset..]));
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Status(int directory, string path, int flags, uint mask, Span<byte> status);
}
