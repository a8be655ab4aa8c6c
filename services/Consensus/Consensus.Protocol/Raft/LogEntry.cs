using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>What an entry is for. The numbers are on disk and on the wire: never reuse one.</summary>
public enum EntryKind : byte
{
    /// <summary>Opens a leader's term, so that what earlier terms left behind can be committed with it.</summary>
    NoOp = 0,

    /// <summary>A command for the state machine.</summary>
    Command = 1,

    /// <summary>A whole <see cref="Configuration"/>: who is in the group from here on.</summary>
    Configuration = 2,
}

/// <summary>One entry of the log. Index and term together name its content for ever (log matching).</summary>
public readonly record struct LogEntry(LogIndex Index, Term Term, EntryKind Kind, ReadOnlyMemory<byte> Command);

/// <summary>What a voter must never forget: the highest term it saw, and whom it voted for in it.</summary>
public readonly record struct HardState(Term Term, NodeId? Vote);

/// <summary>
/// One hand-over to the disk. Written in the order of <see cref="Number"/>; entries at or after the first of
/// <see cref="Entries"/> that the disk already holds are replaced by them.
/// </summary>
public sealed record Persistence
{
    public required PersistenceNumber Number { get; init; }

    /// <summary>The term and vote to write, when they changed.</summary>
    public HardState? State { get; init; }

    /// <summary>Contiguous entries to write, perhaps none.</summary>
    public ImmutableArray<LogEntry> Entries { get; init; } = [];

    /// <summary>
    /// A part of a snapshot to keep. With the last one the snapshot is to be durable, and everything in the log before
    /// this hand-over is void: the log goes on after the snapshot.
    /// </summary>
    public SnapshotChunk? Chunk { get; init; }

    /// <summary>A durable snapshot holds everything up to here; the log on disk needs it no more.</summary>
    public LogIndex? CompactTo { get; init; }

    /// <summary>
    /// What a damaged disk had lost is there again, with the entries of this hand-over: nobody need remember that it
    /// was lost.
    /// </summary>
    public bool IsRecovered { get; init; }
}

/// <summary>What the disk held at start.</summary>
/// <param name="State">Term and vote.</param>
/// <param name="Entries">The log after the snapshot, or from its beginning.</param>
/// <param name="Snapshot">The newest snapshot.</param>
public sealed record DurableState(HardState State, IReadOnlyList<LogEntry> Entries, SnapshotInfo? Snapshot = null)
{
    public static DurableState Empty { get; } = new(default, []);

    /// <summary>
    /// Set where the disk lost a part of the log that may have been acknowledged: the term and vote then, which are
    /// intact. It is set at every start until <see cref="Persistence.IsRecovered"/> was written.
    /// </summary>
    public Term? LostIn { get; init; }
}
