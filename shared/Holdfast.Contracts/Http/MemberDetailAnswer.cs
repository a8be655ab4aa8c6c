namespace Holdfast.Contracts.Http;

/// <summary>
/// A peer with what one agent holds against it: <c>GET /v1/members/{node}</c> of Gossip.
/// </summary>
public sealed record MemberDetailAnswer
{
    /// <summary>What the list says of it.</summary>
    public required MemberAnswer Member { get; init; }

    /// <summary>Its rack; empty where it has none.</summary>
    public required string Rack { get; init; }

    /// <summary>Its heartbeats in this generation, as far as heard.</summary>
    public required ulong Heartbeat { get; init; }

    /// <summary>Whether the fence of a peer that is down or left is known to stand.</summary>
    public required bool IsFenced { get; init; }

    /// <summary>Who accuses it, or convicted it, and why.</summary>
    public required IReadOnlyList<ObserverEvidence> Evidence { get; init; }

    /// <summary>Its last changes of state as this agent saw them, oldest first.</summary>
    public required IReadOnlyList<MemberHistoryEntry> History { get; init; }
}

/// <summary>One change of a peer's state.</summary>
public sealed record MemberHistoryEntry
{
    /// <summary>When this agent saw it, UTC.</summary>
    public required DateTime At { get; init; }

    /// <summary>The state it changed to.</summary>
    public required string State { get; init; }

    /// <summary>The generation then.</summary>
    public required ulong Generation { get; init; }

    /// <summary>The verdict then.</summary>
    public required ulong Verdict { get; init; }

    /// <summary>Why, or how this agent learned of it.</summary>
    public required string Reason { get; init; }
}

/// <summary>
/// Everything one agent knows of its peers: <c>GET /snapshot</c> of Gossip.
/// </summary>
public sealed record GossipSnapshot
{
    /// <summary>The agent's node.</summary>
    public required string Node { get; init; }

    /// <summary>Its cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Rises whenever the agent looks anew; only comparable within one life of the process.</summary>
    public required ulong Version { get; init; }

    /// <summary>All peers, the agent's own node included.</summary>
    public required IReadOnlyList<MemberAnswer> Members { get; init; }
}

/// <summary>
/// Announces that a node leaves for good: <c>POST /v1/leave</c> of Gossip.
/// </summary>
public sealed record LeaveRequest
{
    /// <summary>Why, for people; 1 to 200 characters.</summary>
    public string? Reason { get; init; }
}
