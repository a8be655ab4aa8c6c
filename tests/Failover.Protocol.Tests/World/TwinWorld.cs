using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol.Tests.World;

/// <summary>
/// Consensus and the directory as far as Failover sees them: a log index that mints tokens, nodes and fences,
/// elections, pauses, and shards that can fall silent. Any number of machines act on it.
/// </summary>
internal sealed class TwinWorld
{
    private readonly SortedDictionary<NodeId, NodeFacts> _nodes = [];
    private Observation? _behind;

    public TwinWorld(int shards) => Shards = [.. Enumerable.Range(0, shards).Select(shard => new TwinShard(shard))];

    public ImmutableArray<TwinShard> Shards { get; }

    public ulong Index { get; private set; }

    public ushort ConsensusGeneration { get; private set; }

    /// <summary>Whether Consensus answers.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>Whether Consensus answers snapshots only, and commits nothing.</summary>
    public bool HasNoQuorum { get; set; }

    public string? LayoutProblem { get; set; }

    public HashSet<ClusterId> Paused { get; } = [];

    public List<TypeRule> GrainTypes { get; } = [];

    public List<ForceOrder> Forced { get; } = [];

    /// <summary>The clusters of sessions that name no node.</summary>
    public HashSet<ClusterId> Nameless { get; } = [];

    /// <summary>The newest token of those, ended ones too.</summary>
    public Dictionary<ClusterId, Token> NamelessTokens { get; } = [];

    public SortedDictionary<ClusterId, Token> Holders { get; } = [];

    public DirectoryDefinition? Directory { get; set; }

    public IEnumerable<ClusterId> LiveClusters =>
        _nodes.Values.Where(node => node.Live).Select(node => node.Cluster).Distinct();

    public Token Mint() => Token.Mint(ConsensusGeneration, ++Index);

    public void Live(NodeId node, ClusterId cluster, Generation generation)
    {
        Index++;
        _nodes[node] = new NodeFacts(node, cluster, generation, Live: true, _nodes.GetValueOrDefault(node)?.Fence);
    }

    /// <summary>A node that never had a session is known by its fence alone.</summary>
    public void FenceUnseen(NodeId node, ClusterId cluster, FenceCause cause, Instant at)
    {
        Known(node, cluster);
        Fence(node, cause, at);
    }

    /// <summary>A node that has no session by now, and is not fenced.</summary>
    public void Known(NodeId node, ClusterId cluster) =>
        _nodes[node] = new NodeFacts(node, cluster, new Generation(1), Live: false, Fence: null);

    public void Fence(NodeId node, FenceCause cause, Instant at)
    {
        var known = _nodes[node];
        _nodes[node] = known with { Live = false };
        ImmutableArray<ClusterId> live = [.. LiveClusters];
        _nodes[node] = known with
        {
            Live = false,
            Fence = new Fence(known.Generation, Mint(), cause, at, live, TraceParent: null),
        };
    }

    /// <summary>The voter that is asked is cut off from the leader from now on, or has caught up.</summary>
    public bool IsBehind
    {
        get => _behind is not null;
        set => _behind = value ? ObserveNow(default) : null;
    }

    /// <summary>
    /// Consensus has lost everything and begins again, under a higher generation and at the first index.
    /// </summary>
    public void Rebuild()
    {
        (ConsensusGeneration, Index) = ((ushort)(ConsensusGeneration + 1), 0);
        _nodes.Clear();
        Holders.Clear();
    }

    public Observation Observe(Instant askedAt) => (_behind ?? ObserveNow(askedAt)) with { AskedAt = askedAt };

    public void Define(DefinitionWrite write)
    {
        var token = Mint();
        if (write == DefinitionWrite.EndCreation) Directory = Directory! with { Created = true };
        else Directory ??= new DirectoryDefinition(Shards.Length, Created: false, token);
    }

    private Observation ObserveNow(Instant askedAt) => new()
    {
        AppliedIndex = Index,
        ConsensusGeneration = ConsensusGeneration,
        AskedAt = askedAt,
        Nodes = [.. _nodes.Values],
        Inhabited = [.. LiveClusters, .. Nameless],
        NewestSessions = NamelessTokens.ToImmutableDictionary(),
        Holders = [.. Holders.Keys],
        LayoutProblem = LayoutProblem,
        Paused = [.. Paused],
        GrainTypes = [.. GrainTypes],
        Forced = [.. Forced],
        Directory = Directory,
    };
}
