using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// What Consensus said of the world at one applied index: the only ground on which Failover acts. Events may make it
/// look sooner; they never tell it anything.
/// </summary>
public sealed record Observation
{
    /// <summary>The index of the state of the voter that answered, who may lag behind the leader.</summary>
    public required ulong AppliedIndex { get; init; }

    /// <summary>
    /// The Consensus generation of the newest token in it: one that was rebuilt has a higher one, and a lower index.
    /// </summary>
    public ushort ConsensusGeneration { get; init; }

    /// <summary>
    /// Where it stands in the order of all tokens: what the entry of a token did is in every observation that is not
    /// below that token.
    /// </summary>
    public Token Horizon => new(((ulong)ConsensusGeneration << 48) | AppliedIndex);

    /// <summary>
    /// When it was asked for. A sweep starts only on an observation asked for after the grace was over.
    /// </summary>
    public required Instant AskedAt { get; init; }

    /// <summary>Every node that ever had an agent session or was fenced.</summary>
    public required ImmutableArray<NodeFacts> Nodes { get; init; }

    /// <summary>
    /// The clusters whose election <c>failover/&lt;cluster&gt;</c> has a holder: those able to take over.
    /// </summary>
    public required ImmutableArray<ClusterId> Holders { get; init; }

    /// <summary>
    /// The lowest token of all elections <c>failover/&lt;cluster&gt;</c> that have a holder; null where none has.
    /// </summary>
    public Token? LowestGrant { get; init; }

    /// <summary>The clusters that a session has not ended in, whether or not it names a node.</summary>
    public ImmutableHashSet<ClusterId> Inhabited { get; init; } = [];

    /// <summary>The newest token of each cluster's sessions, as far as they are known, ended ones too.</summary>
    public ImmutableDictionary<ClusterId, Token> NewestSessions { get; init; } =
        ImmutableDictionary<ClusterId, Token>.Empty;

    /// <summary>Null when the voters' layout allows automatic failover; otherwise what is wrong with it.</summary>
    public string? LayoutProblem { get; init; }

    /// <summary>The clusters away from which nothing is promoted.</summary>
    public ImmutableArray<ClusterId> Paused { get; init; } = [];

    /// <summary>Whether nothing is promoted at all.</summary>
    public bool PausedEverywhere { get; init; }

    /// <summary>The grain types that may live in certain clusters only.</summary>
    public ImmutableArray<TypeRule> GrainTypes { get; init; } = [];

    /// <summary>The promotions that operators have ordered, the newest for each cluster.</summary>
    public ImmutableArray<ForceOrder> Forced { get; init; } = [];

    /// <summary>The definition of the directory; null when nobody has created one.</summary>
    public DirectoryDefinition? Directory { get; init; }

    /// <summary>The floor of the newest committed loss of memory, by shard.</summary>
    public ImmutableDictionary<int, Token> Floors { get; init; } = ImmutableDictionary<int, Token>.Empty;

    /// <summary>Whether Consensus knows no node of a cluster, and no session lives in it.</summary>
    public bool IsDeserted(ClusterId cluster) =>
        !Inhabited.Contains(cluster) && !Nodes.Any(node => node.Cluster == cluster);

    public bool IsPaused(ClusterId cluster) => PausedEverywhere || Paused.Contains(cluster);
}

/// <summary>What Consensus knows of a node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Cluster">Its cluster.</param>
/// <param name="Generation">The newest generation that opened a session or was fenced.</param>
/// <param name="Live">Whether an agent session of that generation is live.</param>
/// <param name="Fence">The newest fence.</param>
public sealed record NodeFacts(NodeId Node, ClusterId Cluster, Generation Generation, bool Live, Fence? Fence)
{
    /// <summary>Fenced at its newest generation, and not back with a newer one.</summary>
    public bool IsFenced => !Live && Fence is { } fence && fence.Generation >= Generation;
}

/// <summary>Why a node was fenced; silence is the only cause that time may still contradict.</summary>
public enum FenceCause
{
    Silence,
    ProcessDeath,
    Left,
    Operator,
}

/// <summary>A committed fence.</summary>
/// <param name="Generation">Sessions of it and of older ones are revoked.</param>
/// <param name="Token">The token of the entry: higher than every token of a session it revoked.</param>
/// <param name="Cause">Why.</param>
/// <param name="At">When the leader proposed it.</param>
/// <param name="LiveClusters">The clusters that had live sessions at that entry.</param>
/// <param name="TraceParent">The trace of the conviction; carried along, never read.</param>
public sealed record Fence(
    Generation Generation,
    Token Token,
    FenceCause Cause,
    Instant At,
    ImmutableArray<ClusterId> LiveClusters,
    string? TraceParent);

/// <summary>The definition that tells the creation of the directory from the loss of its memory.</summary>
/// <param name="Shards">How many shards it was created with.</param>
/// <param name="Created">False while shards are still being opened for the first time.</param>
/// <param name="Floor">The token of the entry that began the creation: no lower token was ever valid.</param>
public sealed record DirectoryDefinition(int Shards, bool Created, Token Floor);
