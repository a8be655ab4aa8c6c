namespace Holdfast.Contracts.Http;

/// <summary>
/// How a Failover sees the clusters it watches: <c>GET /v1/clusters</c> and <c>GET /snapshot</c> of Failover.
/// </summary>
public sealed record ClustersAnswer
{
    /// <summary>The cluster that this Failover takes over for.</summary>
    public required string Cluster { get; init; }

    /// <summary>The token of its election and the version of its view.</summary>
    public required string Sequence { get; init; }

    /// <summary>Whether it holds the election <c>failover/&lt;cluster&gt;</c>; only the holder acts.</summary>
    public required bool Holds { get; init; }

    /// <summary>The token of that election; absent where it is not held.</summary>
    public string? Token { get; init; }

    /// <summary>The index of Consensus' log up to which it has seen; absent before the first look.</summary>
    public ulong? AppliedIndex { get; init; }

    /// <summary>What is wrong with the layout of the voters: nothing is promoted.</summary>
    public string? LayoutProblem { get; init; }

    /// <summary>What is wrong with the directory's definition: nothing is done on the directory.</summary>
    public string? DirectoryProblem { get; init; }

    /// <summary>Calls that a shard refused because it knew a newer grant or floor.</summary>
    public required long RefusedCalls { get; init; }

    /// <summary>The other clusters.</summary>
    public required IReadOnlyList<WatchedCluster> Clusters { get; init; }

    /// <summary>Shards whose last call failed.</summary>
    public required IReadOnlyList<TroubledShard> TroubledShards { get; init; }
}

/// <summary>How a watched cluster stands.</summary>
public sealed record WatchedCluster
{
    /// <summary>The cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary><c>failover/&lt;by&gt;/&lt;cluster&gt;</c>, as in the events about it.</summary>
    public required string Subject { get; init; }

    /// <summary>That of the last event about it; before the first, below all of this holder.</summary>
    public required string Sequence { get; init; }

    /// <summary><c>monitoring</c>, <c>primaryUnreachable</c>, <c>promoting</c> or <c>promoted</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>Its nodes that are fenced, while it is unreachable.</summary>
    public required IReadOnlyList<string> FencedNodes { get; init; }

    /// <summary>The token of the fence that made it unreachable.</summary>
    public string? FenceToken { get; init; }

    /// <summary>How long it has, from that fence on, to come back.</summary>
    public TimeSpan? Grace { get; init; }

    /// <summary>
    /// Why it is not taken over, in the word of <c>FailoverRefused</c>. <c>nobodyKnown</c>: it owns grains, and no node
    /// and no session of it is known; shown by every Failover, and told by the one that would take over.
    /// </summary>
    public string? Refused { get; init; }

    /// <summary>Grains promoted in this incident.</summary>
    public long? Promoted { get; init; }

    /// <summary>Grains that another had under a newer token, of each shard the most that one pass met.</summary>
    public long? Lost { get; init; }

    /// <summary>Calls that failed.</summary>
    public long? Failed { get; init; }

    /// <summary>
    /// Grains that it still owns, as its shards last said: those that the newest sweep left with it, and where none has
    /// come yet, what was counted. Null while a shard has never said anything.
    /// </summary>
    public long? Stranded { get; init; }

    /// <summary>How often all shards were gone through.</summary>
    public int? Sweeps { get; init; }

    /// <summary>Shards on which the newest sweep left nothing, of all, as <c>12 of 64</c>.</summary>
    public string? CleanShards { get; init; }
}

/// <summary>A shard of the grain directory whose last call failed.</summary>
public sealed record TroubledShard
{
    /// <summary>The shard.</summary>
    public required int Shard { get; init; }

    /// <summary>Calls that failed in a row.</summary>
    public required int Failures { get; init; }

    /// <summary>What the last one came to.</summary>
    public required string Trouble { get; init; }
}
