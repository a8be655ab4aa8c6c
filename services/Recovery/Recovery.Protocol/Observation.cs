using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// What Consensus said of the world at one applied index. Whether a node's slots may be rebuilt is decided by it and by
/// what hosts say of themselves, by nothing else.
/// </summary>
public sealed record Observation
{
    /// <summary>
    /// Where it stands in the order of all tokens: what the entry of a token did is in every observation that is not
    /// below that token.
    /// </summary>
    public required Token Horizon { get; init; }

    /// <summary>Every node that ever had an agent session or was fenced.</summary>
    public required ImmutableSortedDictionary<NodeId, NodeFacts> Nodes { get; init; }

    /// <summary>
    /// The sessions that have their rights, without those of the nodes' agents, each with the node it names, if any.
    /// </summary>
    public required ImmutableDictionary<SessionId, NodeId?> Sessions { get; init; }

    /// <summary>Those of them that were opened to host slots.</summary>
    public required ImmutableHashSet<SessionId> HostSessions { get; init; }

    /// <summary>The nodes on which nothing is placed.</summary>
    public required ImmutableHashSet<NodeId> Cordoned { get; init; }

    /// <summary>The groups that are defined, wherever they live.</summary>
    public required ImmutableSortedDictionary<GroupId, GroupDefinition> Groups { get; init; }

    /// <summary>Groups whose definition is on record and cannot be read: what it was last counts.</summary>
    public required ImmutableHashSet<GroupId> Illegible { get; init; }

    /// <summary>The token of the newest fence of a node; none: <see cref="Token.None"/>.</summary>
    public Token FenceOf(NodeId node) => Nodes.GetValueOrDefault(node)?.Fence?.Token ?? Token.None;

    /// <summary>Whether a group has a definition, legible or not.</summary>
    public bool IsDefined(GroupId group) => Groups.ContainsKey(group) || Illegible.Contains(group);

    /// <summary>Whether a session was opened before this and has lost its rights since.</summary>
    public bool IsOver(SessionId session) => session.Opened <= Horizon && !Sessions.ContainsKey(session);

    /// <summary>Whether anybody but the agent has a session on the node that is older than that.</summary>
    public bool HasSession(NodeId node, Token before) =>
        Sessions.Any(session => session.Value == node && session.Key.Opened < before);

    /// <summary>Whether a session was opened to host slots on a node, and has its rights.</summary>
    public bool IsHost(SessionId session, NodeId node) =>
        HostSessions.Contains(session) && Sessions.TryGetValue(session, out var home) && home == node;

    /// <summary>Whether a host of slots has a session on the node that is older than that.</summary>
    public bool HasHost(NodeId node, SessionId before) =>
        HostSessions.Any(session => session < before && IsHost(session, node));
}

/// <summary>What Consensus knows of a node.</summary>
/// <param name="Cluster">Its cluster.</param>
/// <param name="Generation">The newest generation that opened a session or was fenced.</param>
/// <param name="LiveSince">
/// The token under which the agent of that generation opened its live session; null where it has none.
/// </param>
/// <param name="Fence">The newest fence.</param>
public sealed record NodeFacts(ClusterId Cluster, Generation Generation, Token? LiveSince, Fence? Fence)
{
    /// <summary>Whether an agent session of the newest generation is live.</summary>
    public bool IsLive => LiveSince is not null;

    /// <summary>
    /// Fenced, and back with a boot that came after the fence, as far as its agent's session says: an earlier boot may
    /// also be fenced late, while the one that is there by then goes on.
    /// </summary>
    public bool IsBack => Fence is { } fence && LiveSince > fence.Token;

    /// <summary>Fenced at its newest generation, and not back with a newer one.</summary>
    public bool IsFenced => !IsLive && Fence is { } fence && fence.Generation >= Generation;
}

/// <summary>A committed fence.</summary>
/// <param name="Generation">Sessions of it and of older ones are revoked.</param>
/// <param name="Token">The token of the entry.</param>
/// <param name="TraceParent">The trace of the conviction; carried along, never read.</param>
public sealed record Fence(Generation Generation, Token Token, string? TraceParent);

/// <summary>A group as it was defined by command.</summary>
/// <param name="Kind"><c>replica</c>, <c>fork</c> or <c>standby</c>; carried along.</param>
/// <param name="Home">The cluster that it was defined for, and that claims its grain when nobody has.</param>
/// <param name="Slots">How many slots it has; none once it was removed.</param>
/// <param name="PerNodeMax">How many of them one node may host; null: as many as it has room for.</param>
public sealed record GroupDefinition(string Kind, ClusterId Home, int Slots, int? PerNodeMax);
