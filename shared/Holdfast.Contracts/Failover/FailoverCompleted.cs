namespace Holdfast.Contracts;

/// <summary>
/// The unreachable cluster owns nothing any more that could be moved.
/// </summary>
[StateEvent]
public sealed record FailoverCompleted : IEvent
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

    /// <summary>The phase entered.</summary>
    public required string Phase { get; init; }

    /// <summary>Grains that moved.</summary>
    public required long Promoted { get; init; }

    /// <summary>
    /// Grains that another had taken first, of each shard the most that one pass met: lost races, no errors.
    /// </summary>
    public required long Lost { get; init; }

    /// <summary>Attempts that failed and were retried.</summary>
    public required long Failed { get; init; }

    /// <summary>Grains still owned by the cluster: zero on completion.</summary>
    public required long Stranded { get; init; }

    /// <summary>How many passes over the shards it took.</summary>
    public required int Sweeps { get; init; }

    /// <summary>From the fence to completion, in milliseconds.</summary>
    public required long DurationMs { get; init; }
}
