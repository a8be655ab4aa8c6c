using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>Something the bus must hear, in the order of the log; those of an entry are numbered from 0.</summary>
public sealed record Announcement
{
    /// <summary>The election of Raft's own leader.</summary>
    public const string ConsensusElection = "consensus";

    public required LogIndex Index { get; init; }

    public required int Ordinal { get; init; }

    public required Term Term { get; init; }

    /// <summary>The generation of tokens at that entry.</summary>
    public required ushort ConsensusGeneration { get; init; }

    public required long ProposedAtUnixMs { get; init; }

    public required string? TraceParent { get; init; }

    public required AnnouncedChange Change { get; init; }
}

/// <summary>What is announced; kind and subject together say which older ones a newer one makes worthless.</summary>
public abstract record AnnouncedChange(string Subject)
{
    public sealed record ElectionGranted(
        string Election,
        string Holder,
        ClusterId? Cluster,
        NodeId? Node,
        Token Token,
        string? PreviousHolder,
        Token? PreviousToken,
        GrantCause Cause) : AnnouncedChange($"election/{Election}");

    public sealed record ElectionLost(string Election, string Holder, Token Token, LossCause Cause)
        : AnnouncedChange($"election/{Election}");

    public sealed record NodeFenced(FenceRecord Fence) : AnnouncedChange($"peer/{Fence.Cluster}/{Fence.Node}");

    public sealed record MemoryLost(MemoryLoss Loss) : AnnouncedChange($"shard/{Loss.Memory.Shard:x2}");
}

public enum GrantCause
{
    Campaign,
    Queue,
    Vote,
}

public enum LossCause
{
    Resigned,
    Expired,
    Revoked,
    SteppedDown,
}
