using Microsoft.Win32.SafeHandles;

namespace Holdfast.Consensus.Storage;

/// <summary>The file system of this machine.</summary>
internal sealed class FileDisk : IDisk
{
    public static FileDisk Instance { get; } = new();

    public bool Exists(string path) => File.Exists(path);

    public bool DirectoryExists(string path) => Directory.Exists(path);

    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public IReadOnlyList<string> FilesIn(string directory, string ending) =>
        Directory.GetFiles(directory, "*" + ending);

    public byte[] ReadAll(string path) => File.ReadAllBytes(path);

    public IDiskFile OpenToRead(string path) => new OpenFile(File.OpenHandle(
        path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete));

    public IDiskFile OpenToWrite(string path) => new OpenFile(File.OpenHandle(
        path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read));

    public IDiskFile Create(string path) => new OpenFile(File.OpenHandle(
        path, FileMode.Create, FileAccess.ReadWrite));

    public void Move(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    public void Flush(string path) => Disk.Flush(path);

    public IDisposable Lock(string path) =>
        new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private sealed class OpenFile(SafeFileHandle handle) : IDiskFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(Span<byte> into, long offset) => RandomAccess.Read(handle, into, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(handle, bytes, offset);

        public void SetLength(long length) => RandomAccess.SetLength(handle, length);

        public void Reserve(long length) => Disk.Reserve(handle, length);

        public void FlushData() => Disk.FlushData(handle);

        public void Flush() => RandomAccess.FlushToDisk(handle);

        public void Dispose() => handle.Dispose();
    }
}
