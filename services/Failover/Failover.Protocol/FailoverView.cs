using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// How a <see cref="FailoverMachine"/> stands: an immutable snapshot whose version grows with every step.
/// </summary>
public sealed record FailoverView
{
    public required ulong Version { get; init; }

    /// <summary>The cluster that takes over.</summary>
    public required ClusterId Cluster { get; init; }

    /// <summary>Whether the own election is held.</summary>
    public required bool IsHeld { get; init; }

    public required Token Token { get; init; }

    /// <summary>
    /// Whether grains are being promoted as fast as they can be: on at least half of the shards that may be worked on
    /// at once. The few that do not answer make no sweep.
    /// </summary>
    public bool IsSweeping { get; init; }

    /// <summary>The index of the newest observation; null before the first.</summary>
    public ulong? AppliedIndex { get; init; }

    public DirectoryDefinition? Directory { get; init; }

    /// <inheritdoc cref="Observation.Floors"/>
    public ImmutableDictionary<int, Token> Floors { get; init; } = ImmutableDictionary<int, Token>.Empty;

    /// <summary>Why nothing is done on the directory, where something is wrong with its definition.</summary>
    public string? DirectoryProblem { get; init; }

    public string? LayoutProblem { get; init; }

    /// <summary>Calls refused because the shard knew a newer grant or floor.</summary>
    public required long Refused { get; init; }

    /// <summary>What is known of Consensus; null before the first observation.</summary>
    public Observation? World { get; init; }

    /// <summary>The clusters that own a grain, by the newest survey.</summary>
    public ImmutableArray<ClusterId> Owners { get; init; } = [];

    /// <summary>How many grains may be promoted in this window; null without a brake.</summary>
    public long? BrakeRoom { get; init; }

    /// <summary>The clusters whose Failover holds its election, by the newest observation.</summary>
    public required ImmutableArray<ClusterId> Holders { get; init; }

    public required ImmutableArray<ClusterView> Clusters { get; init; }

    public required ImmutableArray<ShardView> Shards { get; init; }
}

/// <summary>How a watched cluster stands.</summary>
public sealed record ClusterView
{
    public required ClusterId Cluster { get; init; }

    /// <summary><c>Monitoring</c>, <c>PrimaryUnreachable</c>, <c>Promoting</c> or <c>Promoted</c>.</summary>
    public required string Phase { get; init; }

    public Incident? Incident { get; init; }

    public RefusalReason? Refused { get; init; }

    /// <summary>How many grains it owns, by the newest survey; null where there was none.</summary>
    public long? Grains { get; init; }

    /// <summary>Whether who was to take over gets nowhere, so that whoever is allowed may.</summary>
    public bool IsStuck { get; init; }

    /// <summary>What was said last about it; null when nothing was.</summary>
    public Notice? LastNotice { get; init; }

    public SweepFigures? Figures { get; init; }

    /// <summary>
    /// Grains that it still owns though it is unreachable, or though nobody is known of it, as its shards last said;
    /// null while it is reachable, or while a shard that its sweep asks has never said anything.
    /// </summary>
    public long? Stranded => (Incident, Refused, Figures) switch
    {
        (null, not RefusalReason.NobodyKnown, _) => null,
        (_, _, null) => Grains,
        (_, _, { ShardsUnknown: > 0 }) => null,
        (_, _, { Stranded: var stranded }) => stranded,
    };

    /// <summary>Shards on which the newest pass left nothing.</summary>
    public int? CleanShards { get; init; }
}

/// <summary>How a shard stands.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Installed">The grant it confirmed to this machine.</param>
/// <param name="Failures">Calls that failed in a row.</param>
/// <param name="Trouble">What the last failure was.</param>
public sealed record ShardView(int Shard, Token Installed, int Failures, string? Trouble);
