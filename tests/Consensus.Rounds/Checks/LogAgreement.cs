using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Rounds.Voters;
using Holdfast.Consensus.Storage;

namespace Holdfast.Consensus.Rounds.Checks;

/// <summary>
/// The logs of stopped voters, read back from their disks: entries of one index and term are the same everywhere
/// (log matching), and so are snapshots of one index.
/// </summary>
internal static class LogAgreement
{
    public static IReadOnlyList<string> Problems(VoterGroup group)
    {
        var problems = new List<string>();
        var entries = new Dictionary<(LogIndex, Term), (string Voter, LogEntry Entry)>();
        var snapshots = new Dictionary<LogIndex, (string Voter, SnapshotInfo Snapshot)>();
        foreach (var voter in group.Voters)
        {
            using var store = FileLogStore.Open(voter.Disk.Data, $"{group.Name}/{voter.Name}");
            var durable = store.Load();
            foreach (var entry in durable.Entries)
            {
                if (entries.TryAdd((entry.Index, entry.Term), (voter.Name, entry))) continue;
                var other = entries[(entry.Index, entry.Term)];
                if (other.Entry.Kind != entry.Kind || !other.Entry.Command.Span.SequenceEqual(entry.Command.Span))
                    problems.Add($"{voter.Name} and {other.Voter} differ on entry {entry.Index} of term {entry.Term}.");
            }

            if (durable.Snapshot is not { } snapshot) continue;
            if (snapshots.TryAdd(snapshot.Index, (voter.Name, snapshot))) continue;
            var (first, same) = snapshots[snapshot.Index];
            if (same.Term != snapshot.Term)
                problems.Add($"{voter.Name} and {first} differ on the snapshot of {snapshot.Index}.");
        }

        return problems;
    }
}
