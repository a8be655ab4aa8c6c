namespace Holdfast.Contracts;

/// <summary>
/// A cluster is unreachable, or nobody of it is known, and yet nothing, or not all, is promoted, with the reason.
/// </summary>
[StateEvent]
public sealed record FailoverRefused : IEvent
{
    public required Guid EventId { get; init; }

    public required DateTime OccurredAt { get; init; }

    public required string Source { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    /// <summary>The cluster that takes over.</summary>
    public required string ByCluster { get; init; }

    /// <summary>The cluster that is unreachable, or that nobody is known of.</summary>
    public required string FailedCluster { get; init; }

    /// <summary>The token of the election <c>failover/&lt;by&gt;</c>, 16 hex digits; the fencing value.</summary>
    public required string Token { get; init; }

    /// <summary>The phase it is in; <c>monitoring</c> where nobody of it is known.</summary>
    public required string Phase { get; init; }

    /// <summary>
    /// <c>unsafeVoterLayout</c>, <c>paused</c>, <c>noLiveCluster</c>, <c>noAllowedCluster</c>, <c>braked</c>,
    /// <c>noQuorum</c>, <c>nobodyKnown</c> or <c>wrongShards</c>.
    /// </summary>
    public required string Reason { get; init; }

    /// <summary>The reason in words with figures, and the remedy.</summary>
    public required string Detail { get; init; }
}
