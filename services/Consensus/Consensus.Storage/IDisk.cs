namespace Holdfast.Consensus.Storage;

/// <summary>
/// What the store asks of a file system: the real one (<see cref="FileDisk"/>), or a simulated one that loses, tears
/// and reorders what was not flushed. Nothing is durable before its flush; a name is durable with its directory.
/// Failures are <see cref="IOException"/>.
/// </summary>
internal interface IDisk
{
    bool Exists(string path);

    bool DirectoryExists(string path);

    void CreateDirectory(string path);

    /// <summary>The paths in a directory whose names end so, in any order.</summary>
    IReadOnlyList<string> FilesIn(string directory, string ending);

    byte[] ReadAll(string path);

    /// <exception cref="FileNotFoundException">There is none.</exception>
    IDiskFile OpenToRead(string path);

    /// <summary>Opens an existing file to be read and written.</summary>
    IDiskFile OpenToWrite(string path);

    /// <summary>A new and empty file, also where there was one.</summary>
    IDiskFile Create(string path);

    /// <summary>Gives a file another name, in the place of whatever had it.</summary>
    void Move(string from, string to);

    void Delete(string path);

    /// <summary>
    /// Makes a file durable, or the names in a directory: a created or renamed file is lost without the latter.
    /// </summary>
    void Flush(string path);

    /// <summary>Keeps other processes out, until it is disposed of.</summary>
    /// <exception cref="IOException">Another has it.</exception>
    IDisposable Lock(string path);
}

/// <summary>An open file.</summary>
internal interface IDiskFile : IDisposable
{
    long Length { get; }

    /// <returns>The bytes read; 0 at the end.</returns>
    int Read(Span<byte> into, long offset);

    void Write(ReadOnlySpan<byte> bytes, long offset);

    void SetLength(long length);

    /// <summary>
    /// The file gets this length, the new part of it zeros, with its space taken on the disk: what is written there
    /// needs neither space nor length any more, so its flush has less to do. A wish: where it cannot be had, nothing
    /// happens, and the file grows with each write.
    /// </summary>
    void Reserve(long length);

    /// <summary>Makes the content and the size durable, without its times.</summary>
    void FlushData();

    /// <summary>Makes all of it durable.</summary>
    void Flush();
}
