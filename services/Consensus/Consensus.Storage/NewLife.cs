using System.Buffers;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// Writes the directory of a voter whose group begins anew from a snapshot, as if that were all it had ever known.
/// While it is written it has a file that no start goes past, so one that was interrupted is repeated, and never run.
/// </summary>
public static class NewLife
{
    internal const string MarkName = "restoring";

    /// <summary>Whether there is nothing in a directory, or no directory.</summary>
    public static bool IsEmpty(string directory) =>
        !Directory.Exists(directory) || Directory.GetFiles(directory).Length == 0;

    /// <summary>Whether an earlier restore into the directory did not come to its end.</summary>
    public static bool IsUnfinished(string directory) => File.Exists(Path.Combine(directory, MarkName));

    /// <param name="directory">Empty, missing, or left by a restore that was interrupted.</param>
    /// <param name="identity">Whose it is.</param>
    /// <param name="begin">The place that the log goes on after, and who is in the group there.</param>
    /// <param name="state">Writes the state machine's state there.</param>
    /// <exception cref="IOException">There is something in it, or it cannot be written.</exception>
    public static void Write(
        string directory, string identity, SnapshotMark begin, Action<IBufferWriter<byte>> state)
    {
        if (!IsEmpty(directory) && !IsUnfinished(directory))
            throw new IOException($"The data directory '{directory}' is not empty; move away what is in it.");
        var disk = FileDisk.Instance;
        directory = Path.GetFullPath(directory);
        Directory.CreateDirectory(directory);
        var mark = Path.Combine(directory, MarkName);
        Disk.Replace(disk, mark, "A restore began here."u8);
        foreach (var left in Directory.GetFiles(directory).Where(path => path != mark)) disk.Delete(left);
        using (var taken = DataDirectory.Take(disk, directory, identity, disk.Flush))
        {
            BootstrapFile.Write(disk, taken.PathOf(BootstrapFile.Name), begin.Configuration!);

            // A vote without a segment would say that the log is lost.
            Segment.Create(disk, directory, 1, FileLogStore.RandomSalt(), begin).Dispose();
            HardStateFile.Write(disk, taken.PathOf(HardStateFile.Name), new HardState(begin.Term, null));
            new FileSnapshotStore(disk, directory).Save(begin, state);
        }

        disk.Delete(mark);
        disk.Flush(directory);
    }

    /// <exception cref="LogCorruptException">An earlier restore did not come to its end.</exception>
    internal static void DemandFinished(IDisk disk, string directory)
    {
        var mark = Path.Combine(directory, MarkName);
        if (disk.Exists(mark)) throw new LogCorruptException(mark, 0, "a restore did not come to its end; repeat it");
    }
}
