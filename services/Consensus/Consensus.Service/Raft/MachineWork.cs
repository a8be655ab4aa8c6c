using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// What one output asks of the state machine, in this order: take a snapshot's state, capture the state, apply. The
/// proposals are answered with it.
/// </summary>
internal sealed record MachineWork(
    SnapshotInfo? Restore,
    SnapshotMark? Capture,
    ImmutableArray<LogEntry> Entries,
    ImmutableArray<Proposal> Proposals)
{
    /// <summary>Null when there is nothing to do.</summary>
    public static MachineWork? Of(RaftOutput output, PendingProposals proposals)
    {
        LogIndex? upTo = output.Apply.IsEmpty ? output.Restore?.Index : output.Apply[^1].Index;
        if (upTo is null && output.Capture is null) return null;
        return new MachineWork(
            output.Restore,
            output.Capture,
            output.Apply,
            upTo is { } last ? proposals.TakeUpTo(last) : []);
    }
}
