using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>Who of the own cluster is there, as Consensus told at one moment.</summary>
internal sealed class ClusterLook
{
    private const string Live = "live";

    // After a restore from a backup this one stands for every session of the life before, until all their leases ended.
    private const string PastCluster = "restored";
    private const string Revoked = "revoked";

    private readonly SessionId _self;
    private readonly ulong _appliedIndex;
    private readonly HashSet<SessionId> _live;
    private readonly HashSet<SessionId> _notEnded;
    private readonly string _own;
    private readonly SessionId? _past;

    /// <summary>
    /// Reads a snapshot, which may lag: what it says has ended has, and what it does not know may be newer.
    /// </summary>
    /// <param name="snapshot">What a voter told.</param>
    /// <param name="session">The own session.</param>
    public ClusterLook(ConsensusSnapshot snapshot, HoldfastSession session)
    {
        (_self, _appliedIndex, _own) = (session.Id, snapshot.AppliedIndex, PlaceOf(session.Node?.Value, session.Id));
        _notEnded = [.. snapshot.Sessions.Select(one => SessionId.Parse(one.Session))];
        _past = snapshot.Sessions
            .Where(one => one is { Cluster: PastCluster, State: Revoked, Node: null })
            .Select(one => (SessionId?)SessionId.Parse(one.Session))
            .FirstOrDefault();
        var live = snapshot.Sessions.Where(one => one.State == Live).ToList();
        _live = [.. live.Select(one => SessionId.Parse(one.Session))];
        Places =
        [
            .. live
                .Where(one => !one.Agent && one.Cluster == session.Cluster.Value && one.Name == session.Name)
                .Select(one => PlaceOf(one.Node, SessionId.Parse(one.Session)))
                .Append(_own)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
        Clusters = snapshot.Nodes.Where(node => node.Live).Select(node => node.Cluster)
            .Concat(live.Select(one => one.Cluster))
            .ToHashSet(StringComparer.Ordinal);
        Fingerprint = string.Join(' ', snapshot.Sessions
            .Where(one => one.Cluster == session.Cluster.Value)
            .Select(one => $"{one.Session}{one.State}")
            .Order(StringComparer.Ordinal));
    }

    /// <summary>The programs of the own cluster whose sessions are named like the own one, by node.</summary>
    public IReadOnlyList<string> Places { get; }

    /// <summary>Clusters that have a live node or session.</summary>
    public IReadOnlySet<string> Clusters { get; }

    /// <summary>Changes whenever a session of the own cluster comes, goes or is fenced.</summary>
    public string Fingerprint { get; }

    /// <summary>Whether the own program is the one of its cluster that claims a grain.</summary>
    public bool IsOwn(GrainId grain) =>
        Places.Count == 1 || RendezvousHash.Order(grain.ToString(), Places, place => place)[0] == _own;

    /// <summary>Whether a session has no right to tokens any more: it ended, or its node was fenced.</summary>
    public bool IsOver(SessionId session) => !_live.Contains(session) && IsKnown(session);

    /// <summary>Whether a session has ended: nobody acts for it any more, and its leased grains are free.</summary>
    public bool HasEnded(SessionId session) =>
        !_notEnded.Contains(session) && IsKnown(session) && !(_past is { } past && session.Opened < past.Opened);

    // One that was opened after the snapshot is not in it; one of an earlier life of Consensus never will be.
    private bool IsKnown(SessionId session) =>
        session.Opened.ConsensusGeneration < _self.Opened.ConsensusGeneration ||
        (session.Opened.ConsensusGeneration == _self.Opened.ConsensusGeneration &&
            session.Opened.Index <= _appliedIndex);

    private static string PlaceOf(string? node, SessionId session) => node ?? session.ToString();
}
