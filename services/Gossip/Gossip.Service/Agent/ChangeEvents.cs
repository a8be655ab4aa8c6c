using Holdfast.Contracts;
using Holdfast.Gossip.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service;

/// <summary>
/// The bus events of changes. Their sequence is the peer's generation and verdict, so agents that make the same change
/// at the same time give its event the same id.
/// </summary>
internal static class ChangeEvents
{
    public static IEvent Of(PeerChange change, NodeId agent, double phiThreshold, DateTime at)
    {
        var source = $"gossip/{agent}";
        return change switch
        {
            PeerChange.Up up => Up(up, source, at),
            PeerChange.Suspected suspected => Suspected(suspected, source, agent, phiThreshold, at),
            PeerChange.Down { Conviction: { } conviction } down => Down(down.Peer, conviction, source, at),
            PeerChange.Left left => Left(left, source, at),
            _ => throw new InvariantViolatedException($"{change} has no event."),
        };
    }

    public static IReadOnlyList<ObserverEvidence> Evidence(IEnumerable<Vote> votes) =>
    [
        .. votes.Select(vote => new ObserverEvidence
        {
            NodeId = vote.Accuser.Value,
            ClusterId = vote.AccuserCluster.Value,
            Phi = vote.Phi,
            SilentForMs = (long)vote.SilentFor.TotalMilliseconds,
        }),
    ];

    public static string SubjectOf(PeerRecord peer) => $"peer/{peer.Cluster}/{peer.Node}";

    public static string SequenceOf(PeerRecord peer) =>
        EventIdentity.Sequence(peer.Generation.Value, peer.Verdict.Value);

    private static Guid IdOf<T>(PeerRecord peer)
        where T : IEvent => EventIdentity.IdOf<T>(SubjectOf(peer), SequenceOf(peer));

    private static PeerUp Up(PeerChange.Up change, string source, DateTime at) => new()
    {
        EventId = IdOf<PeerUp>(change.Peer),
        OccurredAt = at,
        Source = source,
        Subject = SubjectOf(change.Peer),
        Sequence = SequenceOf(change.Peer),
        NodeId = change.Peer.Node.Value,
        ClusterId = change.Peer.Cluster.Value,
        Generation = change.Peer.Generation.Value,
        Verdict = change.Peer.Verdict.Value,
        Reason = Words.Of(change.Reason),
    };

    private static PeerSuspected Suspected(
        PeerChange.Suspected change, string source, NodeId agent, double phiThreshold, DateTime at) => new()
        {
            EventId = IdOf<PeerSuspected>(change.Peer),
            OccurredAt = at,
            Source = source,
            Subject = SubjectOf(change.Peer),
            Sequence = SequenceOf(change.Peer),
            NodeId = change.Peer.Node.Value,
            ClusterId = change.Peer.Cluster.Value,
            Generation = change.Peer.Generation.Value,
            Verdict = change.Peer.Verdict.Value,
            Phi = change.Phi,
            PhiThreshold = phiThreshold,
            Observer = agent.Value,
            SilentForMs = (long)change.SilentFor.TotalMilliseconds,
        };

    private static PeerDown Down(PeerRecord peer, Conviction conviction, string source, DateTime at) => new()
    {
        EventId = IdOf<PeerDown>(peer),
        OccurredAt = at,
        Source = source,
        Subject = SubjectOf(peer),
        Sequence = SequenceOf(peer),
        NodeId = peer.Node.Value,
        ClusterId = peer.Cluster.Value,
        Generation = peer.Generation.Value,
        Verdict = peer.Verdict.Value,
        Phi = conviction.Phi,
        Observers = Evidence(conviction.Votes),
        ObserversWanted = conviction.VotesWanted,
        Reason = Words.Of(conviction),
        CutId = conviction.CutId,
    };

    private static PeerLeft Left(PeerChange.Left change, string source, DateTime at) => new()
    {
        EventId = IdOf<PeerLeft>(change.Peer),
        OccurredAt = at,
        Source = source,
        Subject = SubjectOf(change.Peer),
        Sequence = SequenceOf(change.Peer),
        NodeId = change.Peer.Node.Value,
        ClusterId = change.Peer.Cluster.Value,
        Generation = change.Peer.Generation.Value,
        Verdict = change.Peer.Verdict.Value,
        Reason = change.Reason,
    };
}
