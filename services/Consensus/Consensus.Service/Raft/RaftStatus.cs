using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What a voter knows of itself at one moment. Immutable; a newer one replaces it.</summary>
public sealed record RaftStatus
{
    public required NodeId Node { get; init; }

    public required RaftRole Role { get; init; }

    public required Term Term { get; init; }

    /// <summary>The leader of <see cref="Term"/>, this node itself included; null while none is known.</summary>
    public NodeId? Leader { get; init; }

    public required LogIndex CommitIndex { get; init; }

    /// <summary>Everything up to here was applied to the state machine.</summary>
    public required LogIndex AppliedIndex { get; init; }

    public required LogIndex LastIndex { get; init; }

    /// <summary>The last entry that the newest durable snapshot holds; zero without one.</summary>
    public LogIndex SnapshotIndex { get; init; }

    /// <summary>Entries of the log that are in memory.</summary>
    public int EntriesInMemory { get; init; }

    /// <summary>Since when <see cref="Leader"/> is known here, on the host's clock; null without one.</summary>
    public Instant? LeaderSince { get; init; }

    /// <summary>
    /// Since when this voter's disk has confirmed nothing, on the host's clock, once that is too long to lead: twice
    /// the longest election timeout. Null while it confirms.
    /// </summary>
    public Instant? DiskStalledSince { get; init; }

    /// <summary>
    /// A part of its log was lost, and it has not got all of it back: it neither votes nor stands.
    /// </summary>
    public bool IsRecovering { get; init; }

    /// <summary>The damage that its start found and went on from; null without any.</summary>
    public LogDamage? Damage { get; init; }

    /// <summary>Who is in the group, by the newest entry in this node's log that says so.</summary>
    public Configuration Members { get; init; } = Configuration.Empty;

    /// <summary>Whether <see cref="Members"/> cannot fall back any more.</summary>
    public bool AreMembersCommitted { get; init; } = true;

    /// <summary>The figures in force, those that were changed at run time included.</summary>
    public RaftOptions Figures { get; init; } = new();

    /// <summary>
    /// The shortest silence of a leader in force: as configured, and at least two heartbeats of this voter and of the
    /// leader it follows.
    /// </summary>
    public TimeSpan ElectionTimeoutMin { get; init; }

    /// <summary>The longest; as much longer than configured as the shortest is.</summary>
    public TimeSpan ElectionTimeoutMax { get; init; }

    /// <summary>Up to where each voter's log is known to match; empty unless this voter leads.</summary>
    public ImmutableSortedDictionary<NodeId, LogIndex> Voters => Matched.ToImmutableSortedDictionary();

    // Made with every turn; the dictionary only for who looks.
    internal ImmutableArray<KeyValuePair<NodeId, LogIndex>> Matched { get; init; } = [];
}
