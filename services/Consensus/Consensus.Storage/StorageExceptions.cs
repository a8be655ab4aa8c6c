namespace Holdfast.Consensus.Storage;

/// <summary>A write or a flush failed. What the disk holds is unknown until it is read again: stop the node.</summary>
public sealed class StorageFailedException(string path, Exception cause)
    : Exception($"Writing to '{path}' failed: {cause.Message} The node must stop.", cause)
{
    public string Path { get; } = path;
}

/// <summary>
/// The log is damaged before its end, where no crash does damage. Starting from it could forget what was acknowledged.
/// Starting empty, or from an older copy, forgets it for certain, and the votes too.
/// </summary>
public sealed class LogCorruptException(string file, long offset, string what)
    : Exception($"'{file}' is corrupt at byte {offset}: {what}. Refusing to start, because this voter would forget " +
        "what it acknowledged and how it voted. Leave it stopped: the others go on while they are a majority. Do not " +
        "start it under this name with an empty directory or an older copy, which forgets as much. Safe is only its " +
        "directory exactly as it was left, from a disk that is intact; else replace it as a member, see the limits " +
        "in docs/protocols/raft.md.")
{
    public string File { get; } = file;

    public long Offset { get; } = offset;

    public string What { get; } = what;
}

/// <summary>A newer program wrote this file. Whatever the policy, nothing of it is changed.</summary>
public sealed class LaterFormatException(string file, int format, int newest)
    : Exception($"'{file}' is of format {format}, and this program reads formats up to {newest}: a newer program " +
        "wrote it. Start that one again; nothing was changed.")
{
    public string File { get; } = file;

    public int Format { get; } = format;
}

/// <summary>Another process uses the directory.</summary>
public sealed class DataDirectoryInUseException(string directory)
    : Exception($"The data directory '{directory}' is in use by another process.")
{
    public string Directory { get; } = directory;
}

/// <summary>The directory belongs to another voter or another group of voters.</summary>
public sealed class DataDirectoryForeignException(string directory, string expected, string actual)
    : Exception($"The data directory '{directory}' belongs to voter {actual}, this is voter {expected}.")
{
    public string Directory { get; } = directory;
}
