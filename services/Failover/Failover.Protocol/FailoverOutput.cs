using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// What the shell must do now. All of it may go at once and in any order; every answer comes back as an input. Each
/// thing asked for is asked for once until it is answered, so the shell never has to drop or merge.
/// </summary>
public sealed record FailoverOutput
{
    /// <summary>Read Consensus' snapshot; answer with <c>Observed</c> or <c>ObserveFailed</c>.</summary>
    public bool Observe { get; init; }

    /// <summary>
    /// What is observed is to reach so far, or it is of little use: ask another voter where one stays behind.
    /// </summary>
    public Token ObserveFrom { get; init; }

    /// <summary>
    /// Advance the own election; answer with <c>Advanced</c> or <c>AdvanceFailed</c>.
    /// </summary>
    public bool AdvanceElection { get; init; }

    /// <summary>Write the definition of the directory; answer with <c>DefinitionEnded</c>.</summary>
    public DefinitionWrite? Define { get; init; }

    /// <summary>Calls to the directory, at most one per shard under way; answer each with <c>CallEnded</c>.</summary>
    public ImmutableArray<ShardCall> Calls { get; init; } = [];

    /// <summary>What to publish, in this order.</summary>
    public ImmutableArray<Notice> Notices { get; init; } = [];

    /// <summary>When the next <c>Tick</c> is wanted; null when only another input can change anything.</summary>
    public Instant? WakeAt { get; init; }
}

/// <summary>A definition to write. Repeating one does no harm.</summary>
public enum DefinitionWrite
{
    /// <summary>Only if there is none: the token of this entry is the floor of every shard.</summary>
    BeginCreation,

    /// <summary>All shards are open: from here on a shard without meta has lost its memory.</summary>
    EndCreation,
}

/// <summary>A call to one shard of the directory, made under the token of the own election.</summary>
public abstract record ShardCall(int Shard, Token Token)
{
    /// <summary>Opens a shard at the creation of the directory.</summary>
    public sealed record Open(int Shard, Token Token, Token Floor) : ShardCall(Shard, Token);

    /// <summary>Makes <paramref name="Token"/> the only one under which the election may write on the shard.</summary>
    public sealed record InstallGrant(int Shard, Token Token) : ShardCall(Shard, Token);

    /// <summary>Promotes one batch.</summary>
    /// <param name="Shard">The shard.</param>
    /// <param name="Token">Installed on the shard before.</param>
    /// <param name="From">The failed cluster.</param>
    /// <param name="Sweep">The sweep it belongs to.</param>
    /// <param name="Cursor">Null at the start of a pass.</param>
    /// <param name="Part">Which grain types.</param>
    /// <param name="GrainsMax">At most this many; null: as many as go at once.</param>
    public sealed record Promote(
        int Shard, Token Token, ClusterId From, long Sweep, string? Cursor, TypePart Part, int? GrainsMax)
        : ShardCall(Shard, Token)
    {
        /// <summary>So many go at once, at most: what the directory says itself (<c>GrainsPerPromotion</c>).</summary>
        public const int GrainsAtOnce = 250;

        /// <summary>How long the shard is to keep how many were moved, for the brake; null: not at all.</summary>
        public TimeSpan? KeptFor { get; init; }
    }

    /// <summary>
    /// Counts what clusters own on the shard, and what was promoted there. It changes nothing, and needs no grant.
    /// </summary>
    public sealed record Count(int Shard, Token Token, ImmutableArray<ClusterId> Clusters) : ShardCall(Shard, Token);
}

/// <summary>Why a sweep ended before all was promoted.</summary>
public enum CancelReason
{
    PeerAlive,
    ElectionLost,
    Paused,
}

/// <summary>Why nothing is promoted although the grace is over.</summary>
public enum RefusalReason
{
    UnsafeVoterLayout,
    Paused,

    /// <summary>Nobody who is alive could take over.</summary>
    NoLiveCluster,

    /// <summary>Nobody who is alive may have what is left.</summary>
    NoAllowedCluster,

    /// <summary>As many grains as are allowed in one window were promoted.</summary>
    Braked,

    /// <summary>Consensus gives no token.</summary>
    NoQuorum,

    /// <summary>
    /// It owns grains, no session lives in it, and Consensus knows no node of it that could be fenced: only an
    /// operator's order promotes from it.
    /// </summary>
    NobodyKnown,

    /// <summary>The directory was created with another number of shards than this Failover was told.</summary>
    WrongShards,
}

/// <summary>The figures of a sweep.</summary>
/// <param name="Promoted">Grains that moved.</param>
/// <param name="Lost">
/// Grains found with a newer token, of each shard the most that one pass met: races lost, not errors.
/// </param>
/// <param name="Failed">Calls that failed and were or will be repeated.</param>
/// <param name="Stranded">
/// Grains the failed cluster still owns, without those that another inherits; where no promotion has been answered yet,
/// what was counted there last. Those of the unknown shards come on top.
/// </param>
/// <param name="ShardsUnknown">Shards of which nothing is known.</param>
/// <param name="Passes">The most passes over one shard.</param>
/// <param name="Skipped">Grains left to others for their types.</param>
public sealed record SweepFigures(
    long Promoted, long Lost, long Failed, long Stranded, int ShardsUnknown, int Passes, long Skipped);

/// <summary>Something to publish about one cluster.</summary>
/// <param name="Cluster">The cluster.</param>
/// <param name="Token">The own token under which it is said.</param>
/// <param name="Counter">Rises with every notice of this machine: with the token it orders the events.</param>
public abstract record Notice(ClusterId Cluster, Token Token, ulong Counter)
{
    public sealed record Started(Incident Incident, Token Token, ulong Counter, TimeSpan SinceFence)
        : Notice(Incident.Cluster, Token, Counter);

    public sealed record Completed(
        Incident Incident, Token Token, ulong Counter, SweepFigures Figures, TimeSpan SinceFence)
        : Notice(Incident.Cluster, Token, Counter);

    public sealed record Cancelled(
        Incident Incident, Token Token, ulong Counter, SweepFigures Figures, CancelReason Reason)
        : Notice(Incident.Cluster, Token, Counter);

    /// <summary>An operator's order is followed: for the audit.</summary>
    public sealed record Forced(Incident Incident, Token Token, ulong Counter, ForceOrder Order)
        : Notice(Incident.Cluster, Token, Counter);

    /// <summary>Nothing, or not all, is promoted.</summary>
    /// <param name="Cluster">The cluster.</param>
    /// <param name="Token">The own token.</param>
    /// <param name="Counter">Its place among the notices.</param>
    /// <param name="Incident">The failure; null where nobody of the cluster was ever known.</param>
    /// <param name="Phase">The phase that the cluster is in then.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="Detail">The same in words.</param>
    public sealed record Refused(
        ClusterId Cluster,
        Token Token,
        ulong Counter,
        Incident? Incident,
        string Phase,
        RefusalReason Reason,
        string Detail) : Notice(Cluster, Token, Counter);
}
