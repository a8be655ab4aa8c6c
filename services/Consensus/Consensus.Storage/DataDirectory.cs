using System.Text;

namespace Holdfast.Consensus.Storage;

/// <summary>A directory that one process uses at a time, and that belongs to one voter for ever.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const string LockName = "lock";
    private const string IdentityName = "identity";

    private readonly IDisposable _lock;
    private readonly IDisk _disk;

    private DataDirectory(string path, IDisk disk, IDisposable held) => (Path, _disk, _lock) = (path, disk, held);

    public string Path { get; }

    /// <exception cref="DataDirectoryInUseException">Another process, or another store in this one, has it.</exception>
    /// <exception cref="DataDirectoryForeignException">It belongs to another voter.</exception>
    public static DataDirectory Take(IDisk disk, string path, string identity, Action<string> flush)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        Create(disk, full, flush);
        IDisposable held;
        try
        {
            held = disk.Lock(System.IO.Path.Combine(full, LockName));
        }
        catch (IOException)
        {
            throw new DataDirectoryInUseException(full);
        }

        var directory = new DataDirectory(full, disk, held);
        try
        {
            directory.DemandIdentity(identity);
            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _lock.Dispose();

    /// <summary>
    /// A new directory is a name in its parent, and is durable with it. The identity is written after that, so where
    /// it is missing, the process may have been killed in between.
    /// </summary>
    private static void Create(IDisk disk, string path, Action<string> flush)
    {
        if (disk.Exists(System.IO.Path.Combine(path, IdentityName))) return;
        var parent = System.IO.Path.GetDirectoryName(path);
        if (parent is null) return;
        if (!disk.DirectoryExists(parent)) Create(disk, parent, flush);
        disk.CreateDirectory(path);
        flush(parent);
    }

    private void DemandIdentity(string identity)
    {
        var path = PathOf(IdentityName);
        if (!_disk.Exists(path))
        {
            Disk.Replace(_disk, path, Encoding.UTF8.GetBytes(identity));
            return;
        }

        var actual = Encoding.UTF8.GetString(_disk.ReadAll(path));
        if (actual != identity) throw new DataDirectoryForeignException(Path, identity, actual);
    }
}
