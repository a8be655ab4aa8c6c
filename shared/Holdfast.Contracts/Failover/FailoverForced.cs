namespace Holdfast.Contracts;

/// <summary>
/// An operator's order to promote away from an unreachable cluster is followed: for the audit.
/// </summary>
[StateEvent(KeepsEach = true)]
public sealed record FailoverForced : IEvent
{
    public required Guid EventId { get; init; }

    public required DateTime OccurredAt { get; init; }

    public required string Source { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    /// <summary>The cluster that takes over.</summary>
    public required string ByCluster { get; init; }

    /// <summary>The cluster that is unreachable.</summary>
    public required string FailedCluster { get; init; }

    /// <summary>The token of the election <c>failover/&lt;by&gt;</c>, 16 hex digits; the fencing value.</summary>
    public required string Token { get; init; }

    /// <summary>The token of the order's entry in the log.</summary>
    public required string OrderToken { get; init; }

    /// <summary>Who ordered it, in his own words.</summary>
    public required string Operator { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}
