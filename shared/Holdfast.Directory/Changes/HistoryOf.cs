namespace Holdfast.Directory.Changes;

/// <summary>How a remembered change reads as one grain's history.</summary>
internal static class HistoryOf
{
    public static HistoryEntry Entry(Change change, ChangedGrain grain, ulong seq)
    {
        // A tombstone names the cluster that gave it up.
        var cluster = change.To ?? change.From ??
            throw new FormatException($"A {change.Operation} of '{grain.Grain}' names no cluster.");
        return new HistoryEntry(
            change.At,
            change.Cause.Length == 0 ? change.Operation : $"{change.Operation}: {change.Cause}",
            new GrainRecord(grain.Grain, cluster, change.Holder, grain.New, grain.Kind, grain.Tombstone),
            seq);
    }
}
