using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>What one node sees of its group at one moment; what alerts are made of.</summary>
public sealed record GroupView
{
    public required NodeId Self { get; init; }

    public required RaftRole Role { get; init; }

    public required Term Term { get; init; }

    /// <summary>The leader of the term, this node included; null while none is known.</summary>
    public NodeId? Leader { get; init; }

    /// <summary>Whom this node followed last, before it led; null where it followed nobody since it led.</summary>
    public NodeId? FollowedLast { get; init; }

    /// <summary>Whether this node votes, by the newest configuration in its log.</summary>
    public bool IsVoter { get; init; }

    public LogIndex LastIndex { get; init; }

    /// <summary>The shortest election timeout in force.</summary>
    public TimeSpan ElectionTimeoutMin { get; init; }

    /// <summary><see cref="RaftNode.DiskStalledSince"/></summary>
    public Instant? DiskStalledSince { get; init; }

    /// <summary>When its leader last named entries that this disk had acknowledged and does not hold.</summary>
    public Instant? EntriesMissingAt { get; init; }

    /// <summary>When a snapshot last came with parts that do not have its checksum.</summary>
    public Instant? SnapshotDamagedAt { get; init; }

    /// <summary>All other members, by name.</summary>
    public ImmutableArray<PeerView> Peers { get; init; } = [];
}

/// <summary>What a node knows of another member.</summary>
/// <param name="Node">Which.</param>
/// <param name="IsVoter">Whether it votes.</param>
/// <param name="HeardAt">When it last said anything; a leader counts from its election. Null for never.</param>
/// <param name="Match">Up to where its disk holds the leader's log; zero where this node does not lead.</param>
public readonly record struct PeerView(NodeId Node, bool IsVoter, Instant? HeardAt, LogIndex Match);
