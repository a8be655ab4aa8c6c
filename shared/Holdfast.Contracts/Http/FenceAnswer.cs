namespace Holdfast.Contracts.Http;

/// <summary>
/// A fence as it is now, or why there is none.
/// </summary>
public sealed record FenceAnswer
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>Its cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Sessions of this generation and older ones are revoked.</summary>
    public required ulong Generation { get; init; }

    /// <summary>
    /// <c>fenced</c>, <c>refused</c> (its session is kept alive: the link is sick) or <c>retry</c> (the leader
    /// is too young to know).
    /// </summary>
    public required string Outcome { get; init; }

    /// <summary>The token of the entry, 16 hex digits.</summary>
    public string? Token { get; init; }

    /// <summary>Why it was fenced.</summary>
    public string? Cause { get; init; }

    /// <summary>When the leader proposed it, UTC.</summary>
    public DateTime? FencedAt { get; init; }

    /// <summary>The trace of the conviction.</summary>
    public string? TraceParent { get; init; }

    /// <summary>How long ago the session of its agent was kept alive, when refused.</summary>
    public TimeSpan? KeptAliveAgo { get; init; }

    /// <summary>
    /// When there is no fence: how long until nothing known now stands against one, 0 to 750 ms. A session that is kept
    /// alive meanwhile does. Null: nobody knows; or the voter is of an older version.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The clusters that had live sessions at that entry.</summary>
    public IReadOnlyList<string>? LiveClusters { get; init; }

    /// <summary>The evidence that was given.</summary>
    public IReadOnlyList<ObserverEvidence>? Observers { get; init; }
}
