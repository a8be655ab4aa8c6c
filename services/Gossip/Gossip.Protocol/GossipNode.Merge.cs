using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>How what is known of a peer changes. Every change of a state is made by <see cref="Become"/>.</summary>
public sealed partial class GossipNode
{
    private bool IsForgotten(NodeId node, Generation generation) =>
        _forgotten.TryGetValue(node, out var last) && generation <= last;

    /// <summary>A whole record: the way to learn a peer, and a newer generation of one.</summary>
    private void Learn(PeerRecord record, Instant now)
    {
        if (record.Node == _self.Node)
        {
            OnReport(record.Beat, now);
            return;
        }

        if (!_peers.TryGetValue(record.Node, out var peer))
        {
            if (IsForgotten(record.Node, record.Generation) || _peers.Count + 1 >= _options.MembersMax) return;
            peer = new Peer(record, now);
            _peers.Add(record.Node, peer);
            _forgotten.Remove(record.Node);
            Settle(peer, false, record.IsMember ? new PeerChange.Up(record, false, UpReason.Joined) : null, now);
            Rumor(peer.Node, wholeRecord: true);
        }
        else if (record.Generation > peer.Record.Generation)
        {
            var wasMember = peer.Record.IsMember && peer.Record.Cluster == record.Cluster;
            Renew(peer, record, now);
            var change = record.IsMember ? new PeerChange.Up(record, false, UpReason.Restarted) : null;
            Settle(peer, wasMember, change, now);
            Rumor(peer.Node, wholeRecord: true);
        }
        else if (record.Generation == peer.Record.Generation)
        {
            Merge(peer, record.Beat, now);
        }
    }

    /// <summary>
    /// A new generation is a new peer under an old name: nothing of the old one's habits and debts counts.
    /// </summary>
    private static void Renew(Peer peer, PeerRecord record, Instant now)
    {
        Invariant.Holds(record.Generation > peer.Record.Generation);
        peer.Record = record;
        peer.Detector = null;
        peer.Replays = new ReplayWindow();
        peer.LastSign = now;
        peer.IsLinkSick = false;
        peer.Evidence = [];
        peer.Fence = null;
        peer.AgreedAt = null;
        peer.ClearVotes();
    }

    /// <summary>News within the generation that is known.</summary>
    private void Merge(Peer peer, PeerBeat news, Instant now)
    {
        Invariant.Holds(news.Version.Generation == peer.Record.Generation);
        if (news.Heartbeat > peer.Record.Heartbeat)
        {
            peer.Record = peer.Record with { Heartbeat = news.Heartbeat };
            peer.LastSign = now;
        }

        var merged = peer.Record.Version.Merge(news.Version);
        if (merged == peer.Record.Version) return;
        var before = peer.Record.State;
        Become(peer, merged, now);
        PeerChange? change = peer.Record.State switch
        {
            PeerState.Up when before != PeerState.Up => new PeerChange.Up(peer.Record, false, UpReason.Refuted),
            PeerState.Suspected when before != PeerState.Suspected =>
                new PeerChange.Suspected(peer.Record, false, 0, TimeSpan.Zero),
            PeerState.Down when before != PeerState.Down => new PeerChange.Down(peer.Record, false, null),
            // The leaver may be gone before the bus has its word, so the first observer says it too, with the same id.
            PeerState.Left => new PeerChange.Left(peer.Record, RankAmongObservers(peer.Record) == 0, "announced"),
            _ => null,
        };
        Settle(peer, before is PeerState.Up or PeerState.Suspected, change, now);
    }

    private void Become(Peer peer, PeerVersion version, Instant now)
    {
        Invariant.Holds(version > peer.Record.Version);
        if (version.State is PeerState.Up && peer.HasVoteOf(_self.Node)) peer.IsLinkSick = true;
        if (version.State is PeerState.Down or PeerState.Left && peer.Record.State == PeerState.Suspected)
            peer.Evidence = [.. peer.Votes(now, VoteLifetime).Select(vote => vote.Vote)];
        if (version.State is PeerState.Suspected && peer.Record.State != PeerState.Suspected) peer.SuspectedAt = now;
        peer.ClearVotes();
        peer.AgreedAt = null;
        peer.Record = peer.Record with { Version = version };
    }

    /// <summary>What every change of state entails, whoever made it.</summary>
    private void Settle(Peer peer, bool wasMember, PeerChange? change, Instant now)
    {
        peer.StateSince = now;
        if (wasMember != peer.Record.IsMember) MembersChanged(peer.Node);
        Rumor(peer.Node);
        if (peer.Record.IsMember)
        {
            peer.Evidence = [];
            peer.Fence = null;
        }
        else
        {
            peer.Detector = null;
            peer.Fence ??= BackupFence(peer, now);
        }

        if (change is not null) _out.Changes.Add(change);
    }
}
