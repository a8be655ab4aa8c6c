using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

public enum SessionStanding
{
    /// <summary>Has a right to tokens.</summary>
    Live,

    /// <summary>
    /// Its node is fenced. It gets no token any more, but its client may not know yet, so what it holds is granted
    /// again only when its time to live has run out.
    /// </summary>
    Revoked,

    /// <summary>Its client has stopped, by its own word or by the arithmetic of the lease.</summary>
    Ended,
}

/// <summary>A session as the log has it; keep-alives are not in the log.</summary>
public sealed record SessionRecord
{
    /// <summary>The token of the entry that opened it.</summary>
    public required SessionId Id { get; init; }

    /// <summary>The newest token of the session itself; those of its elections are theirs.</summary>
    public required Token Token { get; init; }

    public required ClusterId Cluster { get; init; }

    public required Residence? Residence { get; init; }

    public required TimeSpan Ttl { get; init; }

    public required string? Name { get; init; }

    public required bool Agent { get; init; }

    /// <summary>The number of the request that opened it; null where that had none.</summary>
    public ulong? OpenedBy { get; init; }

    public SessionStanding Standing { get; init; }

    /// <summary>The trace of the fence that revoked it.</summary>
    public string? RevokedTraceParent { get; init; }

    // Invariant: exactly the elections whose holder it is or whose queue it stands in; empty once ended.
    public ImmutableSortedSet<string> Elections { get; init; } = NoElections;

    public static ImmutableSortedSet<string> NoElections { get; } =
        ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
}

/// <summary>An election as the log has it.</summary>
public sealed record ElectionRecord
{
    public required ElectionName Name { get; init; }

    /// <summary>Null when vacated; a revoked holder stays until it has ended.</summary>
    public SessionId? Holder { get; init; }

    /// <summary>The newest token granted or advanced, also after the holder is gone.</summary>
    public Token Token { get; init; }

    /// <summary>The term of the grant.</summary>
    public Term Term { get; init; }

    /// <summary>Who held it before the present holder, or last.</summary>
    public SessionId? PreviousHolder { get; init; }

    /// <summary>The highest token of that holder.</summary>
    public Token PreviousToken { get; init; }

    /// <summary>The trace of the entry that vacated it: the next grant continues that incident.</summary>
    public string? VacatedTraceParent { get; init; }

    // Invariant: live sessions only, none twice, never the holder.
    public ImmutableArray<Candidate> Queue { get; init; } = [];
}

/// <summary>A session that waits for an election, with the trace of its campaign.</summary>
public sealed record Candidate(SessionId Session, string? TraceParent);

/// <summary>What is remembered of a node.</summary>
public sealed record NodeRecord
{
    public required NodeId Node { get; init; }

    public required ClusterId Cluster { get; init; }

    /// <summary>The newest generation that opened a session or was fenced.</summary>
    public required Generation Generation { get; init; }

    /// <summary>The newest fence.</summary>
    public FenceRecord? Fence { get; init; }
}

/// <summary>A fence as the log has it.</summary>
public sealed record FenceRecord
{
    public required NodeId Node { get; init; }

    public required ClusterId Cluster { get; init; }

    public required Generation Generation { get; init; }

    /// <summary>Higher than every token of a session that it revoked.</summary>
    public required Token Token { get; init; }

    public required Term Term { get; init; }

    public required FenceCause Cause { get; init; }

    public required NodeId Reporter { get; init; }

    public required TimeSpan SilentFor { get; init; }

    public required ImmutableArray<Evidence> Observers { get; init; }

    public required long FencedAtUnixMs { get; init; }

    public required string? TraceParent { get; init; }

    public required int RevokedSessions { get; init; }

    /// <summary>The clusters with live sessions right after this entry, in order of their names.</summary>
    public required ImmutableArray<ClusterId> LiveClusters { get; init; }
}

public sealed record DefinitionRecord(DefinitionKey Key, string Value, Token Token);

/// <summary>Whom a token names, and in which election it was granted.</summary>
public sealed record MintedToken(Token Token, SessionId Session, ElectionName? Election);

/// <summary>Raft's own leadership, the election <c>consensus</c>.</summary>
public sealed record Leadership(NodeId Leader, Term Term, Token Token);
