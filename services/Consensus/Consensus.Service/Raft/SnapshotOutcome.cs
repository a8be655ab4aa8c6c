using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What became of the wish for a snapshot.</summary>
public abstract record SnapshotOutcome
{
    private SnapshotOutcome()
    {
    }

    /// <summary>It is durable.</summary>
    public sealed record Taken(SnapshotInfo Snapshot) : SnapshotOutcome;

    /// <summary>Nothing was begun, for this reason.</summary>
    public sealed record Refused(SnapshotRefusal Reason) : SnapshotOutcome;

    /// <summary>This voter takes nothing any more; one that was begun may be there at its next start.</summary>
    public sealed record Stopped : SnapshotOutcome
    {
        public static Stopped Instance { get; } = new();
    }
}
