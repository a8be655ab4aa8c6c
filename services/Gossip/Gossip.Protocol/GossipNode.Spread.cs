using System.Collections.Immutable;
using System.Numerics;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>
/// What goes out, and when. Every list has a bound, and whatever does not fit into a datagram comes next time.
/// </summary>
public sealed partial class GossipNode
{
    private const int WatchersMax = 32;
    private const int LeaveFanOutMax = 64;
    private static readonly TimeSpan WatchLifetime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WatchPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KnockPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan IntervalMin = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan IntervalMax = TimeSpan.FromSeconds(60);

    // News still to be told, with the number of datagrams it is yet to ride on.
    private readonly SortedDictionary<NodeId, (int Left, bool IsWhole)> _rumors = [];

    // Peers that observe this one by their own view, which may differ from this one's for a while.
    private readonly SortedDictionary<NodeId, Instant> _watchers = [];
    private List<NodeId>? _ordered;
    private NodeId? _digestAfter;
    private ulong _sequence;
    private Instant _nextLan;
    private Instant _nextWan;
    private Instant _nextLanNews;
    private Instant _nextWanNews;
    private Instant _nextKnock;
    private bool _hasFreshNews;

    /// <summary>A change is told in a few bytes; only a new peer or generation needs its whole record told.</summary>
    private void Rumor(NodeId node, bool wholeRecord = false)
    {
        var isWhole = wholeRecord || (_rumors.TryGetValue(node, out var rumor) && rumor.IsWhole);
        _rumors[node] = (4 * (BitOperations.Log2((uint)_peers.Count + 1) + 1), isWhole);
        _hasFreshNews = true;
    }

    private void SendHeartbeats(Instant now)
    {
        if (_self.State != PeerState.Up) return;
        foreach (var watcher in _watchers.Where(watcher => watcher.Value < now).ToList()) _watchers.Remove(watcher.Key);
        var isLan = now >= _nextLan;
        var isWan = now >= _nextWan;
        if (!isLan && !isWan) return;
        _self = _self with { Heartbeat = _self.Heartbeat + 1 };
        if (isLan) _nextLan = now + _options.LanInterval;
        if (isWan) _nextWan = now + _options.WanInterval;
        foreach (var node in ObserversOf(_self).Union(_watchers.Keys))
        {
            if (!_peers.TryGetValue(node, out var peer) || !peer.Record.IsMember) continue;
            var isDue = peer.Record.Cluster == _self.Cluster ? isLan : isWan;
            if (isDue) SendHeartbeat(peer, now);
        }
    }

    private void SendHeartbeat(Peer peer, Instant now)
    {
        var draft = Draft(PacketKind.Heartbeat, peer, now);
        AddRumors(draft, peer, now);
        Post(draft, peer.Record.Address);
    }

    /// <summary>
    /// Fresh news goes out at once. Besides, random peers of the own cluster, and rarer of others, compare what they
    /// know; in a quiet cluster that is rare as well.
    /// </summary>
    private void SendNews(Instant now)
    {
        if (_hasFreshNews)
        {
            _hasFreshNews = false;
            foreach (var peer in Shuffled(Members(_ => true)).Take(_options.FanOut * 2)) SendNewsTo(peer, now);
        }

        if (now >= _nextLanNews)
        {
            _nextLanNews = now + (_rumors.Count > 0 ? _options.LanInterval : _options.QuietInterval);
            SendDigests(Members(peer => peer.Record.Cluster == _self.Cluster), now);
        }

        if (now >= _nextWanNews)
        {
            _nextWanNews = now + _options.WanInterval;
            SendDigests(Members(peer => peer.Record.Cluster != _self.Cluster), now);
        }
    }

    private List<Peer> Members(Func<Peer, bool> where) =>
        [.. _peers.Values.Where(peer => peer.Record.IsMember && where(peer))];

    private void SendDigests(List<Peer> among, Instant now)
    {
        if (among.Count == 0) return;
        var (range, beats) = NextDigest();
        foreach (var peer in Shuffled(among).Take(_options.FanOut))
            PostDigest(peer, peer.Record.Address, range, beats, now);
    }

    private void SendNewsTo(Peer peer, Instant now)
    {
        var draft = Draft(PacketKind.News, peer, now);
        AddRumors(draft, peer, now);
        Post(draft, peer.Record.Address);
    }

    /// <summary>An observer that hears nothing asks for heartbeats: the peer may not know who observes it.</summary>
    private void Watch(Peer peer, Instant now)
    {
        if (now < peer.NextWatch) return;
        peer.NextWatch = now + WatchPause;
        var (range, beats) = NextDigest();
        PostDigest(peer, peer.Record.Address, range, beats, now, watches: true);
    }

    /// <summary>
    /// Seeds that are no known members, and now and then one peer that is down: otherwise two halves that were cut
    /// apart for long would never speak again.
    /// </summary>
    private void Knock(Instant now)
    {
        if (now < _nextKnock || _self.State == PeerState.Left) return;
        _nextKnock = now + KnockPause;
        var (range, beats) = NextDigest();
        var known = _peers.Values.Where(peer => peer.Record.IsMember).Select(peer => peer.Record.Address).ToHashSet();
        var seeds = _identity.Seeds.Where(seed => seed != _self.Address && !known.Contains(seed)).ToList();
        foreach (var seed in known.Count == 0 ? seeds : Shuffled(seeds).Take(1))
            PostDigest(null, seed, range, beats, now, withSelf: true);
        var down = _peers.Values.Where(peer => peer.Record.State == PeerState.Down).ToList();
        foreach (var peer in Shuffled(down).Take(1)) PostDigest(peer, peer.Record.Address, range, beats, now);
    }

    /// <summary>The next part, in the order of names, of what this node knows; the parts take turns.</summary>
    private (DigestRange Range, ImmutableArray<PeerBeat> Beats) NextDigest()
    {
        _ordered ??= [.. _peers.Keys.Append(_self.Node).Order()];
        var start = _digestAfter is { } after ? _ordered.FindIndex(node => node > after) : 0;
        if (start < 0) start = 0;
        var beats = ImmutableArray.CreateBuilder<PeerBeat>();
        // Half of a datagram, so that answers to it, with whole records, mostly fit into one.
        var room = _options.PacketBytesMax / 2;
        var next = start;
        while (next < _ordered.Count)
        {
            var beat = _ordered[next] == _self.Node ? _self.Beat : _peers[_ordered[next]].Record.Beat;
            room -= PacketCodec.SizeOf(beat);
            if (room < 0 && beats.Count > 0) break;
            beats.Add(beat);
            next++;
        }

        var isLast = next == _ordered.Count;
        var range = new DigestRange(start == 0 ? null : _ordered[start - 1], isLast ? null : _ordered[next - 1]);
        _digestAfter = range.UpTo;
        return (range, beats.ToImmutable());
    }

    private void PostDigest(
        Peer? to, PeerAddress address, DigestRange range, ImmutableArray<PeerBeat> beats, Instant now,
        bool watches = false, bool withSelf = false)
    {
        var draft = Draft(PacketKind.Digest, to, now, range, watches);
        if (withSelf) draft.TryAdd(_self);
        foreach (var beat in beats) draft.TryAdd(beat);
        if (to is not null) AddRumors(draft, to, now);
        Post(draft, address);
    }

    private void Reply(Packet packet, PeerAddress from, Instant now, Answer answer, bool isAsked)
    {
        if (!isAsked && answer.Wants.Count == 0 && packet.Wants.IsEmpty) return;
        if (answer.Beats.Count + answer.Records.Count + answer.Wants.Count == 0) return;
        _peers.TryGetValue(packet.Sender.Node, out var peer);
        var draft = Draft(PacketKind.News, peer, now, target: packet.Sender.Node);
        foreach (var want in answer.Wants) draft.TryAdd(want);
        foreach (var beat in Shuffled(answer.Beats)) draft.TryAdd(beat);
        foreach (var record in Shuffled(answer.Records.Values)) draft.TryAdd(record);
        // The sender's own address may be news to us, or have changed; where it wrote from can be answered for sure.
        Post(draft, from);
    }

    /// <summary>What is held of a node, to whoever speaks in its name.</summary>
    private void Tell(NodeId node, PeerAddress at, Instant now)
    {
        var draft = Draft(PacketKind.News, null, now, target: node);
        draft.TryAdd(_peers[node].Record.Beat);
        Post(draft, at);
    }

    /// <summary>The least told first; a rumor that has been told often enough is no news any more.</summary>
    private void AddRumors(PacketDraft draft, Peer to, Instant now)
    {
        foreach (var (node, (left, isWhole)) in _rumors.OrderByDescending(rumor => rumor.Value.Left).ToList())
        {
            if (node == to.Node) continue;
            var isTold = node == _self.Node
                ? draft.TryAdd(_self)
                : TryTell(draft, _peers.GetValueOrDefault(node), isWhole, now);
            if (!isTold) continue;
            if (left > 1) _rumors[node] = (left - 1, isWhole);
            else _rumors.Remove(node);
        }
    }

    private bool TryTell(PacketDraft draft, Peer? about, bool isWhole, Instant now)
    {
        if (about is null) return true;
        var isTold = isWhole ? draft.TryAdd(about.Record) : draft.TryAdd(about.Record.Beat);
        if (!isTold) return false;
        if (about.Record.State != PeerState.Suspected) return true;
        foreach (var (vote, age) in about.Votes(now, VoteLifetime)) draft.TryAdd(new VoteNews(vote, age));
        return true;
    }

    private PacketDraft Draft(
        PacketKind kind, Peer? to, Instant now, DigestRange? range = null, bool watches = false, NodeId? target = null)
    {
        var isNear = to is null || to.Record.Cluster == _self.Cluster;
        return new PacketDraft(
            new Packet
            {
                Kind = kind,
                Sender = _self.Beat,
                Target = target ?? to?.Node,
                Sequence = ++_sequence,
                SentAt = now - _started,
                Interval = _options.IntervalBetween(isNear),
                Watches = watches,
                Range = range,
            },
            _options.PacketBytesMax - PacketSeal.Bytes);
    }

    private void Post(PacketDraft draft, PeerAddress to) => _out.Send.Add(new Outgoing(to, draft.Finish()));

    private List<T> Shuffled<T>(IReadOnlyCollection<T> items)
    {
        var shuffled = items.ToArray();
        _random.Shuffle(shuffled);
        return [.. shuffled];
    }
}
