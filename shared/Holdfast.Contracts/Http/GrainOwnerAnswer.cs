namespace Holdfast.Contracts.Http;

/// <summary>
/// Who owns a grain: <c>GET /v1/grains/{type}/{**key}</c> of Failover.
/// </summary>
public sealed record GrainOwnerAnswer
{
    /// <summary><c>type/key</c>.</summary>
    public required string Grain { get; init; }

    /// <summary>The cluster that owns it; of a released grain the one that did.</summary>
    public required string Cluster { get; init; }

    /// <summary>The session that holds it; absent after a promotion and a release, and for external types.</summary>
    public string? Holder { get; init; }

    /// <summary>The epoch of the ownership.</summary>
    public required string Epoch { get; init; }

    /// <summary><c>fenced</c> or <c>leased</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Nobody owns it; the epoch stays.</summary>
    public required bool Released { get; init; }
}

/// <summary>
/// A change of a grain, an item of <c>GET /v1/history/{type}/{**key}</c> of Failover, newest first.
/// </summary>
public sealed record GrainHistoryAnswer
{
    /// <summary>When, UTC.</summary>
    public required DateTime At { get; init; }

    /// <summary>Why.</summary>
    public required string Cause { get; init; }

    /// <summary>The number of the change on its shard.</summary>
    public required ulong Seq { get; init; }

    /// <summary>The record after it.</summary>
    public required GrainOwnerAnswer Record { get; init; }
}
