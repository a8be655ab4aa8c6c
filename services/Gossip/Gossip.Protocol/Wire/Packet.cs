using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>What a datagram is for. The numbers are on the wire.</summary>
public enum PacketKind : byte
{
    /// <summary>The sender lives: the only kind that feeds a detector.</summary>
    Heartbeat = 1,

    /// <summary>What the sender knows of a range of peers; the receiver answers with what it knows better.</summary>
    Digest = 2,

    /// <summary>News that wants no answer.</summary>
    News = 3,
}

/// <summary>One datagram.</summary>
public sealed record Packet
{
    public required PacketKind Kind { get; init; }

    /// <summary>The sender as it is now; every packet tells that much.</summary>
    public required PeerBeat Sender { get; init; }

    /// <summary>
    /// Who is meant. An address may have passed to another node, and a recorded packet may be sent elsewhere; null only
    /// where the sender cannot know, at a seed.
    /// </summary>
    public NodeId? Target { get; init; }

    /// <summary>Rises with every packet the sender's generation sends: a packet is taken once.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>When it was sent, by the sender's own clock since its start.</summary>
    public required TimeSpan SentAt { get; init; }

    /// <summary>The pause after which the receiver may expect the next heartbeat.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>The sender observes the receiver and asks for its heartbeats.</summary>
    public bool Watches { get; init; }

    /// <summary>The range of node ids that a digest covers; null in other kinds.</summary>
    public DigestRange? Range { get; init; }

    public ImmutableArray<PeerBeat> Beats { get; init; } = [];

    public ImmutableArray<PeerRecord> Records { get; init; } = [];

    public ImmutableArray<VoteNews> Votes { get; init; } = [];

    /// <summary>Peers of which the sender wants the whole record.</summary>
    public ImmutableArray<NodeId> Wants { get; init; } = [];
}

/// <summary>
/// The node ids after <paramref name="After"/> up to and including <paramref name="UpTo"/>, in ordinal order; null
/// means no end on that side. A receiver knows from it which peers the sender does not know at all.
/// </summary>
public readonly record struct DigestRange(NodeId? After, NodeId? UpTo)
{
    public bool Covers(NodeId node) =>
        (After is not { } after || node > after) && (UpTo is not { } upTo || node <= upTo);
}
