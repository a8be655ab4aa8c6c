using System.Globalization;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// Sets aside what a damaged log or snapshot makes unreadable, under names that nobody reads. The newest segment goes
/// first, so that a crash in between leaves segments without a gap, of which the next start finds the same one damaged.
/// </summary>
internal static class DamagedLog
{
    public const string Ending = ".damaged";

    /// <summary>Whether the damage is of a kind that leaves something to go on from.</summary>
    public static bool MayGoOn(CorruptionPolicy policy, string file) => Path.GetExtension(file) switch
    {
        Segment.Extension => policy != CorruptionPolicy.Refuse && NumberOf(file) is not null,
        FileSnapshotStore.Extension => policy == CorruptionPolicy.ContinueFromPeers && NumberOf(file) is not null,
        _ => false,
    };

    public static void SetAside(IDisk disk, string directory, string file, long offset)
    {
        if (Path.GetExtension(file) == FileSnapshotStore.Extension) disk.Move(file, FreeName(disk, file));
        else SetSegmentsAside(disk, directory, NumberOf(file)!.Value, offset);
        disk.Flush(directory);
    }

    private static void SetSegmentsAside(IDisk disk, string directory, ulong damaged, long offset)
    {
        var later = disk.FilesIn(directory, Segment.Extension)
            .Where(path => NumberOf(path) > damaged)
            .OrderByDescending(NumberOf);
        foreach (var path in later) disk.Move(path, FreeName(disk, path));
        var segment = Segment.PathOf(directory, damaged);
        if (!disk.Exists(segment)) return;
        if (offset < Segment.HeaderBytes)
        {
            disk.Move(segment, FreeName(disk, segment));
            return;
        }

        using (var copy = disk.Create(FreeName(disk, segment)))
        {
            copy.Write(disk.ReadAll(segment), 0);
            copy.Flush();
        }

        using var file = disk.OpenToWrite(segment);
        file.SetLength(offset);
        file.Flush();
    }

    /// <summary>Beside what an earlier damage left, which may be all that is left of it.</summary>
    private static string FreeName(IDisk disk, string path)
    {
        var name = path + Ending;
        for (var i = 2; disk.Exists(name); i++) name = $"{path}.{i}{Ending}";
        return name;
    }

    private static ulong? NumberOf(string path) => ulong.TryParse(
        Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : null;
}
