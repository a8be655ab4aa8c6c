namespace Holdfast.Contracts.Http;

/// <summary>A committed loss of memory of one shard.</summary>
public sealed record DirectoryLossAnswer
{
    /// <summary>The shard.</summary>
    public required int Shard { get; init; }

    /// <summary>The token of the entry, 16 hex digits: lower tokens count no more on the shard.</summary>
    public required string Floor { get; init; }

    /// <summary>The memory that was lost.</summary>
    public required string Gen { get; init; }

    /// <summary>How far its first reporter had known it.</summary>
    public required ulong Seq { get; init; }

    /// <summary>The process that answered without it; may be empty.</summary>
    public required string Run { get; init; }

    /// <summary>What was seen: <c>gen</c>, <c>run</c> or <c>seq</c>.</summary>
    public required string Evidence { get; init; }

    /// <summary>When the leader proposed it, UTC.</summary>
    public required DateTime LostAt { get; init; }

    /// <summary>The trace of the report.</summary>
    public string? TraceParent { get; init; }
}
