using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol.Tests.World;

/// <summary>What Consensus has on record.</summary>
internal sealed class TwinConsensus
{
    private readonly Dictionary<NodeId, NodeFacts> _nodes = [];
    private readonly Dictionary<SessionId, NodeId?> _sessions = [];
    private ulong _index;
    private Observation? _past;

    public HashSet<NodeId> Cordoned { get; } = [];

    public SortedDictionary<GroupId, GroupDefinition> Groups { get; } = [];

    /// <summary>Groups whose definition is there, and cannot be read.</summary>
    public HashSet<GroupId> Illegible { get; } = [];

    /// <summary>Nobody answers.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>What is observed stays behind what is on record.</summary>
    public bool IsLate
    {
        get => _past is not null;
        set => _past = value ? _past ?? Observe() : null;
    }

    public Token Mint() => Token.Mint(0, ++_index);

    public NodeFacts Node(NodeId node) => _nodes[node];

    public void Live(NodeId node, ClusterId cluster, Generation generation)
    {
        _nodes[node] = new NodeFacts(cluster, generation, Mint(), _nodes.GetValueOrDefault(node)?.Fence);
    }

    public void Fence(NodeId node)
    {
        var facts = _nodes[node];
        var fence = new Fence(facts.Generation, Mint(), $"trace-{node}");
        _nodes[node] = facts with { LiveSince = null, Fence = fence };
        foreach (var (session, _) in _sessions.Where(session => session.Value == node).ToArray())
            _sessions.Remove(session);
    }

    /// <summary>An earlier boot is fenced, late: what the present one has goes on.</summary>
    public void FenceEarlier(NodeId node)
    {
        var facts = _nodes[node];
        _nodes[node] = facts with { Fence = new Fence(new Generation(facts.Generation.Value - 1), Mint(), "earlier") };
    }

    public SessionId Open(NodeId? node)
    {
        var session = new SessionId(Mint());
        _sessions.Add(session, node);
        return session;
    }

    public void End(SessionId session)
    {
        Mint();
        _sessions.Remove(session);
    }

    public bool IsAlive(SessionId session) => _sessions.ContainsKey(session);

    public Observation Observe() => _past ?? new Observation
    {
        Horizon = new Token(_index),
        Nodes = _nodes.ToImmutableSortedDictionary(),
        Sessions = _sessions.ToImmutableDictionary(),
        HostSessions = [.. _sessions.Keys],
        Cordoned = [.. Cordoned],
        Illegible = [.. Illegible],
        Groups = Groups.ToImmutableSortedDictionary(),
    };
}
