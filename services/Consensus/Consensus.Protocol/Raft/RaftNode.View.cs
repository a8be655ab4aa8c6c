using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>What the node sees of its group, for whoever watches over it. Nothing here decides anything.</content>
public sealed partial class RaftNode
{
    // By this node when it does not lead; a leader knows by its followers. Bounded by the members.
    private readonly Dictionary<NodeId, Instant> _heardAt = [];
    private NodeId? _followedLast;
    private Instant? _entriesMissingAt;
    private Instant? _snapshotDamagedAt;

    /// <summary>The group as it is known now.</summary>
    public GroupView View(Instant now)
    {
        _now = Instant.Max(_now, now);
        foreach (var gone in _heardAt.Keys.Where(node => !Members.IsMember(node)).ToList()) _heardAt.Remove(gone);
        return new GroupView
        {
            Self = Self,
            Role = Role,
            Term = Term,
            Leader = Leader,
            FollowedLast = _followedLast,
            IsVoter = Members.IsVoter(Self),
            LastIndex = _log.LastIndex,
            ElectionTimeoutMin = ElectionTimeoutMin,
            DiskStalledSince = DiskStalledSince,
            EntriesMissingAt = _entriesMissingAt,
            SnapshotDamagedAt = _snapshotDamagedAt,
            Peers = [.. Members.Members.Where(member => member.Node != Self).Select(member => PeerOf(member.Node))],
        };
    }

    private PeerView PeerOf(NodeId node) => _followers.TryGetValue(node, out var follower)
        ? new PeerView(node, Members.IsVoter(node), follower.LastContact, follower.Match)
        : new PeerView(
            node,
            Members.IsVoter(node),
            node == Leader ? _leaderHeardAt : _heardAt.TryGetValue(node, out var heard) ? heard : null,
            LogIndex.Zero);

    /// <summary>Others than leaders and followers of each other are heard when there are elections.</summary>
    private void NoteHeard(NodeId from)
    {
        if (Role == RaftRole.Leader || from == Leader) return;
        if (_heardAt.ContainsKey(from) || Members.IsMember(from)) _heardAt[from] = _now;
    }

    private void NoteViolation()
    {
        if (_violation == ProtocolViolation.AcknowledgedEntriesMissing) _entriesMissingAt = _now;
        else if (_violation == ProtocolViolation.SnapshotDamaged) _snapshotDamagedAt = _now;
    }
}
