namespace Holdfast.Contracts.Http;

/// <summary>What Failover would do now. Nothing is changed by asking.</summary>
public sealed record FailoverPlanAnswer
{
    /// <summary>The cluster whose Failover answers.</summary>
    public required string Cluster { get; init; }

    /// <summary>Whether it holds its election, and so acts.</summary>
    public required bool Holds { get; init; }

    /// <summary>How far the snapshot of Consensus reaches that the plan is made on.</summary>
    public ulong? AppliedIndex { get; init; }

    /// <summary>All grains that are owned by a cluster that Failover knows.</summary>
    public required long GrainsTotal { get; init; }

    /// <summary>
    /// Shards of the directory that did not say how many they have, and whose grains are not counted; absent where all
    /// did.
    /// </summary>
    public int? ShardsNotCounted { get; init; }

    /// <summary>How many grains may still be promoted in this window; absent without a brake.</summary>
    public long? BrakeRoom { get; init; }

    public required IReadOnlyList<PlannedCluster> Clusters { get; init; }
}

/// <summary>What would become of the grains of one cluster.</summary>
public sealed record PlannedCluster
{
    public required string Cluster { get; init; }

    /// <summary><c>monitoring</c>, <c>primaryUnreachable</c>, <c>promoting</c> or <c>promoted</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>Whether it is unreachable; if not, the plan says what would be done if it were.</summary>
    public required bool Unreachable { get; init; }

    /// <summary>How many grains it owns.</summary>
    public required long Grains { get; init; }

    /// <summary>When its grace is over, UTC; absent while it is reachable.</summary>
    public DateTime? GraceOverAt { get; init; }

    /// <summary>The cluster that inherits every grain whose type allows any cluster; absent when nobody can.</summary>
    public string? Heir { get; init; }

    /// <summary>Who inherits grains whose type allows certain clusters only.</summary>
    public required IReadOnlyList<PlannedType> RestrictedTypes { get; init; }

    /// <summary>Whether the answering Failover would promote, at once or after the grace.</summary>
    public required bool WouldAct { get; init; }

    /// <summary>
    /// Why it would not; the words of <c>FailoverRefused</c>, or <c>bystander</c>.
    /// </summary>
    public string? Refused { get; init; }

    /// <summary>The same in words.</summary>
    public string? Detail { get; init; }
}

/// <summary>A grain type that may live in certain clusters only.</summary>
/// <param name="GrainType">The type.</param>
/// <param name="AllowedClusters">Where it may live.</param>
/// <param name="Heir">Who inherits it; null: none of the allowed clusters can.</param>
public sealed record PlannedType(string GrainType, IReadOnlyList<string> AllowedClusters, string? Heir);
