using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>What comes in over the wire. Nothing here trusts more than its form.</summary>
public sealed partial class GossipNode
{
    private void OnReceived(Packet packet, PeerAddress from, Instant now)
    {
        if (Unbelievable(packet, now) is { } reason)
        {
            _out.Dropped = reason;
            // A node that came back with its clock set back learns here which generation to outbid.
            if (reason == DropReason.OlderGeneration) Tell(packet.Sender.Node, from, now);
            if (reason == DropReason.OwnName) OnReport(packet.Sender, now);
            return;
        }

        var answer = new Answer();
        _peers.TryGetValue(packet.Sender.Node, out var before);
        var formerLife = before?.Record.Beat;
        foreach (var record in packet.Records) Learn(record, now);
        foreach (var beat in packet.Beats) Absorb(beat, answer, now);
        Absorb(packet.Sender, answer, now);
        foreach (var vote in packet.Votes) Absorb(vote, now);
        foreach (var want in packet.Wants) answer.Give(RecordOf(want));
        if (packet.Range is { } range) AddUnknownTo(answer, packet, range);
        if (formerLife is { } former && former.Version.Generation < packet.Sender.Version.Generation)
            answer.Beats.Add(former);
        if (_peers.TryGetValue(packet.Sender.Node, out var sender) &&
            sender.Record.Generation == packet.Sender.Version.Generation)
        {
            sender.Replays.TryTake(packet.Sequence);
            HearDirectly(sender, packet, now);
        }

        if (packet.Kind != PacketKind.Heartbeat || packet.Watches) _announceAt = Instant.Min(_announceAt, now);
        Reply(packet, from, now, answer, packet.Kind == PacketKind.Digest);
    }

    private DropReason? Unbelievable(Packet packet, Instant now)
    {
        if (packet.Target is { } target && target != _self.Node) return DropReason.OtherTarget;
        if (IsFromTheFuture(packet, now)) return DropReason.FutureGeneration;
        if (packet.Sender.Node == _self.Node) return DropReason.OwnName;
        if (!_peers.TryGetValue(packet.Sender.Node, out var sender)) return null;
        if (packet.Sender.Version.Generation < sender.Record.Generation) return DropReason.OlderGeneration;
        if (packet.Sender.Version.Generation > sender.Record.Generation) return null;
        return sender.Replays.CanTake(packet.Sequence) ? null : DropReason.Replayed;
    }

    private bool IsFromTheFuture(Packet packet, Instant now)
    {
        var time = Math.Max(_booted.Value + (ulong)(now - _started).TotalMilliseconds, TimeMin);
        var latest = time + (ulong)GenerationAheadMax.TotalMilliseconds;
        return packet.Sender.Version.Generation.Value > latest ||
               packet.Beats.Any(beat => beat.Version.Generation.Value > latest) ||
               packet.Records.Any(record => record.Generation.Value > latest) ||
               packet.Votes.Any(news => news.Vote.Generation.Value > latest);
    }

    private void HearDirectly(Peer sender, Packet packet, Instant now)
    {
        if (packet.Watches && _self.State == PeerState.Up)
        {
            if (_watchers.Count < WatchersMax || _watchers.ContainsKey(sender.Node))
                _watchers[sender.Node] = now + WatchLifetime;
            SendHeartbeat(sender, now);
        }

        if (packet.Kind != PacketKind.Heartbeat || sender.Detector is not { } detector) return;
        var announced = packet.Interval;
        if (announced != detector.Interval && announced >= IntervalMin && announced <= IntervalMax)
            sender.Detector = detector = new PeerDetector(_options, announced, now);
        detector.Hear(packet.Sender.Heartbeat, packet.SentAt, now);
        sender.IsLinkSick = false;
        sender.Withdraw(_self.Node);
    }

    /// <summary>A beat about anybody; what this node knows better goes into the answer.</summary>
    private void Absorb(PeerBeat beat, Answer answer, Instant now)
    {
        if (beat.Node == _self.Node)
        {
            OnReport(beat, now);
            if (_self.Beat.IsNewerThan(beat)) answer.Give(_self);
            return;
        }

        if (!_peers.TryGetValue(beat.Node, out var peer))
        {
            if (!IsForgotten(beat.Node, beat.Version.Generation)) answer.Wants.Add(beat.Node);
            return;
        }

        if (beat.Version.Generation > peer.Record.Generation) answer.Wants.Add(beat.Node);
        else if (beat.Version.Generation < peer.Record.Generation) answer.Give(peer.Record);
        else
        {
            Merge(peer, beat, now);
            if (peer.Record.Beat.IsNewerThan(beat)) answer.Beats.Add(peer.Record.Beat);
        }
    }

    private void Absorb(VoteNews news, Instant now)
    {
        var vote = news.Vote;
        var suspicion = new PeerVersion(vote.Generation, vote.Verdict, PeerState.Suspected);
        if (vote.Subject == _self.Node)
        {
            OnReport(new PeerBeat(vote.Subject, suspicion, 0), now);
            return;
        }

        if (vote.Accuser == _self.Node || !_peers.TryGetValue(vote.Subject, out var peer)) return;
        if (vote.Generation != peer.Record.Generation || news.Age > VoteLifetime) return;
        Merge(peer, new PeerBeat(vote.Subject, suspicion, 0), now);
        if (peer.Record.Version == suspicion && _peers.ContainsKey(vote.Accuser)) peer.Keep(vote, now - news.Age);
    }

    /// <summary>A digest says which range it covers, so its gaps tell what the sender does not know at all.</summary>
    private void AddUnknownTo(Answer answer, Packet packet, DigestRange range)
    {
        var known = packet.Beats.Select(beat => beat.Node).Append(packet.Sender.Node).ToHashSet();
        if (range.Covers(_self.Node) && !known.Contains(_self.Node)) answer.Give(_self);
        foreach (var (node, peer) in _peers)
        {
            if (range.Covers(node) && !known.Contains(node)) answer.Give(peer.Record);
        }
    }

    private PeerRecord? RecordOf(NodeId node) => node == _self.Node
        ? _self
        : _peers.TryGetValue(node, out var peer) ? peer.Record : null;

    /// <summary>What one datagram is answered with, collected while it is read.</summary>
    private sealed class Answer
    {
        public List<PeerBeat> Beats { get; } = [];

        public Dictionary<NodeId, PeerRecord> Records { get; } = [];

        public HashSet<NodeId> Wants { get; } = [];

        public void Give(PeerRecord? record)
        {
            if (record is not null) Records[record.Node] = record;
        }
    }
}
