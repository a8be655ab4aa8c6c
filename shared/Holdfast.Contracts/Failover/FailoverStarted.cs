namespace Holdfast.Contracts;

/// <summary>
/// A cluster is unreachable for longer than the grace period: its grains are being promoted.
/// </summary>
[StateEvent]
public sealed record FailoverStarted : IEvent
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

    /// <summary>The nodes whose fences made it unreachable.</summary>
    public required IReadOnlyList<string> FencedNodes { get; init; }

    /// <summary>The grace period that was waited out, in milliseconds.</summary>
    public required long GraceMs { get; init; }
}
