using Holdfast.Consensus.Storage;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>What the store asks of a file system, answered by a simulated disk.</summary>
internal sealed class StoreFiles(SimulatedDisk disk) : IDisk
{
    public bool Exists(string path) => disk.Exists(path);

    public bool DirectoryExists(string path) => true;

    public void CreateDirectory(string path)
    {
        // Directories are there; only names of files come and go.
    }

    public IReadOnlyList<string> FilesIn(string directory, string ending) =>
        [.. disk.Paths.Where(path => path.EndsWith(ending, StringComparison.Ordinal))];

    public byte[] ReadAll(string path) => disk.ReadAll(path);

    public IDiskFile OpenToRead(string path) => new OpenFile(disk, disk.Open(path));

    public IDiskFile OpenToWrite(string path) => new OpenFile(disk, disk.Open(path));

    public IDiskFile Create(string path) => new OpenFile(disk, disk.Create(path));

    public void Move(string from, string to) => disk.Move(from, to);

    public void Delete(string path) => disk.Delete(path);

    public void Flush(string path) => disk.Flush(path);

    public IDisposable Lock(string path) => disk.Lock(path);

    private sealed class OpenFile(SimulatedDisk disk, SimulatedFile file) : IDiskFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> into, long offset) => file.Read(into, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => file.Write(bytes, offset);

        public void SetLength(long length) => file.SetLength(length);

        public void Reserve(long length)
        {
            if (length > file.Length && !disk.IsFull) file.SetLength(length);
        }

        public void FlushData() => file.Flush();

        public void Flush() => file.Flush();

        public void Dispose()
        {
            // A simulated file has nothing to close.
        }
    }
}
