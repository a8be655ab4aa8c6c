namespace Holdfast.Contracts;

/// <summary>
/// A process became the holder of grains.
/// </summary>
[FactEvent]
public sealed record GrainClaimed : IEvent
{
    public required Guid EventId { get; init; }

    public required DateTime OccurredAt { get; init; }

    public required string Source { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    /// <summary>The shard.</summary>
    public required int Shard { get; init; }

    /// <summary>Why, for history and explanation.</summary>
    public required string Cause { get; init; }

    /// <summary>The token under which it was done, 16 hex digits.</summary>
    public required string Token { get; init; }

    /// <summary>1 to 500 grains.</summary>
    public required IReadOnlyList<GrainChange> Grains { get; init; }

    /// <summary>The cluster that owned them; absent when none did.</summary>
    public string? FromCluster { get; init; }

    /// <summary>The cluster that owns them now.</summary>
    public required string ToCluster { get; init; }

    /// <summary>The session that holds them, 16 hex digits; empty for external types, which have none.</summary>
    public required string Holder { get; init; }

    /// <summary>The session that held them before.</summary>
    public string? PreviousHolder { get; init; }
}
