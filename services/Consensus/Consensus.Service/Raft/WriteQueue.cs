using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>Something to write, what may be said once it and all before it is durable, or only the latter.</summary>
internal sealed record WriteJob(Persistence? Write, ImmutableArray<Envelope> SendAfter)
{
    public long Bytes { get; } = Write?.Entries.Sum(static entry => (long)entry.Command.Length) ?? 0;
}

/// <summary>
/// What waits for the disk, in order. Writes cannot be dropped; the core bounds them: a leader by the proposals it
/// takes, a follower by the requests that a leader has on their way to it, each by one more for every new term.
/// What is only to be said is merged: between two writes at most one message of each kind waits for each voter,
/// however long the disk stalls.
/// </summary>
internal sealed class WriteQueue
{
    private readonly LinkedList<WriteJob> _jobs = new();

    public int Count => _jobs.Count;

    /// <summary>Whether one write waits, and no more entries than that.</summary>
    public bool IsLittle(int entriesMax) =>
        _jobs.Count == 1 && _jobs.First!.Value.Write is { } write && write.Entries.Length <= entriesMax;

    public void Add(Persistence? write, ImmutableArray<Envelope> sendAfter)
    {
        if (write is null && _jobs.Last is { Value.Write: null } last)
            last.Value = new WriteJob(null, Merged(last.Value.SendAfter, sendAfter));
        else
            _jobs.AddLast(new WriteJob(write, sendAfter));
    }

    /// <summary>Moves what is to be written together: everything, up to a size that ends a group.</summary>
    public void TakeGroup(List<WriteJob> group, long bytesMax)
    {
        for (long bytes = 0; bytes < bytesMax && _jobs.First is { Value: var job }; bytes += job.Bytes)
        {
            group.Add(job);
            _jobs.RemoveFirst();
        }
    }

    private static ImmutableArray<Envelope> Merged(ImmutableArray<Envelope> before, ImmutableArray<Envelope> added)
    {
        var merged = before.ToBuilder();
        foreach (var envelope in added)
        {
            var same = -1;
            for (var i = 0; i < merged.Count && same < 0; i++)
                if (IsSameKind(merged[i], envelope)) same = i;
            if (same < 0) merged.Add(envelope);
            else if (!SaysMore(merged[same].Message, envelope.Message)) merged[same] = envelope;
        }

        return merged.DrainToImmutable();
    }

    private static bool IsSameKind(Envelope one, Envelope other) =>
        one.To == other.To && one.Message.GetType() == other.Message.GetType();

    /// <summary>An acknowledgement of a late request says less than what was acknowledged before.</summary>
    private static bool SaysMore(RaftMessage queued, RaftMessage added) =>
        queued is AppendAccepted before && added is AppendAccepted now &&
        before.Term == now.Term && before.Matched > now.Matched;
}
