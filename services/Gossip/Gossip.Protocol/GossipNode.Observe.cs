using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>Listening to the peers that this agent observes, and voting on their silence.</summary>
public sealed partial class GossipNode
{
    /// <summary>Peers whose suspicions began this close to each other fell silent together.</summary>
    private static readonly TimeSpan CutSpan = TimeSpan.FromSeconds(3);

    /// <summary>Signs of life that others relay outweigh a sick link of one's own while they are this fresh.</summary>
    private static readonly TimeSpan RelayedSignMax = TimeSpan.FromSeconds(5);

    /// <summary>How long an observer waits for each one before it to complete a conviction.</summary>
    private static readonly TimeSpan CompletionTurn = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<NodeId, IReadOnlyList<NodeId>> _observers = [];
    private Instant _nextVotes;

    /// <summary>
    /// A vote counts this long; its author repeats it every round, so that losing a few costs nothing.
    /// </summary>
    private TimeSpan VoteLifetime =>
        TimeSpan.FromTicks(2 * Math.Max(TimeSpan.TicksPerSecond, _options.WanInterval.Ticks));

    private IReadOnlyList<NodeId> ObserversOf(PeerRecord peer)
    {
        if (_observers.TryGetValue(peer.Node, out var held)) return held;
        var members = _peers.Values.Where(other => other.Record.IsMember)
            .Select(other => (other.Node, other.Record.Cluster));
        if (_self.IsMember) members = members.Append((_self.Node, _self.Cluster));
        return _observers[peer.Node] = ObserverSelection.Of(peer.Node, peer.Cluster, members, _options.Observers);
    }

    /// <summary>0 is the first; -1 for an agent that does not observe the peer.</summary>
    private int RankAmongObservers(PeerRecord peer)
    {
        var observers = ObserversOf(peer);
        for (var rank = 0; rank < observers.Count; rank++)
        {
            if (observers[rank] == _self.Node) return rank;
        }

        return -1;
    }

    /// <summary>
    /// Rendezvous moves only what a lost member was picked for, so in a large group only its own work is shared out
    /// anew; in a small one the number of observers may change as well.
    /// </summary>
    private void MembersChanged(NodeId node)
    {
        _ordered = null;
        var isLoss = RecordOf(node) is not { IsMember: true };
        if (!isLoss || _peers.Count <= _options.Observers * 4)
        {
            _observers.Clear();
            return;
        }

        foreach (var (subject, observers) in _observers)
        {
            if (observers.Contains(node)) _observers.Remove(subject);
        }
    }

    private void Observe(Instant now)
    {
        foreach (var peer in _peers.Values.ToList())
        {
            if (!peer.Record.IsMember || RankAmongObservers(peer.Record) < 0)
            {
                peer.Detector = null;
                peer.Withdraw(_self.Node);
                continue;
            }

            var interval = _options.IntervalBetween(peer.Record.Cluster == _self.Cluster);
            var detector = peer.Detector ??= new PeerDetector(_options, interval, now);
            if (!detector.Heard || detector.SilentFor(now) > detector.Interval * 2) Watch(peer, now);
            Judge(peer, detector, now);
        }
    }

    private void Judge(Peer peer, PeerDetector detector, Instant now)
    {
        if (detector.SilentFor(now) < detector.SilenceAllowed)
        {
            peer.Withdraw(_self.Node);
            return;
        }

        var isLinkSick = peer.IsLinkSick && now - peer.LastSign < RelayedSignMax;
        if (peer.Record.State == PeerState.Up && !isLinkSick) BecomeSuspected(peer, detector, now);
        if (peer.Record.State != PeerState.Suspected) return;
        if (!peer.HasVoteOf(_self.Node)) _nextVotes = now;
        peer.Keep(VoteOn(peer, detector, now), now);
        if (Convict(peer, now) is not { } conviction || peer.Record.Verdict.Value >= VerdictMax) return;
        // One of those that agree is enough to say so: the first of them at once, the others if it does not.
        peer.AgreedAt ??= now;
        var turn = conviction.Votes.TakeWhile(vote => vote.Accuser != _self.Node).Count();
        if (now - peer.AgreedAt >= CompletionTurn * turn) BecomeDown(peer, conviction, now);
    }

    private void BecomeSuspected(Peer peer, PeerDetector detector, Instant now)
    {
        if (peer.Record.Verdict.Value >= VerdictMax - 2) return;
        var verdict = peer.Record.Verdict.Next();
        Become(peer, peer.Record.Version with { Verdict = verdict, State = PeerState.Suspected }, now);
        var phi = detector.Phi(now);
        Settle(peer, true, new PeerChange.Suspected(peer.Record, true, phi, detector.SilentFor(now)), now);
    }

    private void BecomeDown(Peer peer, Conviction conviction, Instant now)
    {
        Become(peer, peer.Record.Version with { Verdict = peer.Record.Verdict.Next(), State = PeerState.Down }, now);
        peer.Evidence = conviction.Votes;
        peer.Fence = new FenceDuty
        {
            // Sooner, a session kept alive with the last heartbeat would make Consensus refuse.
            NextAt = Instant.Max(now, peer.LastSign + FenceSilenceMin),
            IsMine = true,
            LooksFirst = false,
        };
        Settle(peer, true, new PeerChange.Down(peer.Record, true, conviction), now);
    }

    /// <summary>
    /// A majority of the observers convicts at once. Observers that are themselves suspected do not count where at
    /// least two others agree: a whole cluster may die together. Where votes are still missing, the wait for them gets
    /// shorter with each that came, and ends.
    /// </summary>
    private Conviction? Convict(Peer peer, Instant now)
    {
        var observers = ObserversOf(peer.Record);
        var votes = peer.Votes(now, VoteLifetime).Select(vote => vote.Vote)
            .Where(vote => observers.Contains(vote.Accuser)).ToImmutableArray();
        var majority = (observers.Count / 2) + 1;
        if (votes.Length >= majority) return new Conviction(votes, majority, false, CutOf(peer));

        var silent = observers.Count(observer =>
            votes.All(vote => vote.Accuser != observer) && _peers.TryGetValue(observer, out var other) &&
            other.Record.State == PeerState.Suspected);
        var majorityOfLive = ((observers.Count - silent) / 2) + 1;
        if (votes.Length >= 2 && votes.Length >= majorityOfLive)
            return new Conviction(votes, majorityOfLive, false, CutOf(peer));

        var wait = _options.WitnessDelay * ((double)(majority - votes.Length) / Math.Max(1, majority - 1));
        return votes.Length > 0 && now - peer.SuspectedAt >= wait
            ? new Conviction(votes, majority, true, CutOf(peer))
            : null;
    }

    /// <summary>The first by name among the peers that fell silent together gives all of them its name.</summary>
    private string CutOf(Peer peer)
    {
        var first = _peers.Values.First(other => other == peer ||
            (other.Record.State is PeerState.Suspected or PeerState.Down &&
             (other.SuspectedAt - peer.SuspectedAt).Duration() <= CutSpan));
        return $"{first.Node}-{first.Record.Generation}";
    }

    private Vote VoteOn(Peer peer, PeerDetector detector, Instant now) => new()
    {
        Subject = peer.Node,
        Generation = peer.Record.Generation,
        Verdict = peer.Record.Verdict,
        Accuser = _self.Node,
        AccuserCluster = _self.Cluster,
        Phi = detector.Phi(now),
        SilentFor = detector.SilentFor(now),
    };

    /// <summary>The accused hears of it first, and the other observers at once: their votes decide.</summary>
    private void SendVotes(Instant now)
    {
        if (now < _nextVotes) return;
        _nextVotes = now + _options.LanInterval;
        var byTarget = new SortedDictionary<NodeId, List<VoteNews>>();
        foreach (var peer in _peers.Values.Where(peer => peer.HasVoteOf(_self.Node)))
        {
            var (own, age) = peer.Votes(now, VoteLifetime).FirstOrDefault(vote => vote.Vote.Accuser == _self.Node);
            if (own is null) continue;
            var news = new VoteNews(own, age);
            foreach (var target in ObserversOf(peer.Record).Prepend(peer.Node).Where(node => node != _self.Node))
            {
                if (!byTarget.TryGetValue(target, out var list)) byTarget[target] = list = [];
                list.Add(news);
            }
        }

        foreach (var (target, votes) in byTarget)
        {
            if (!_peers.TryGetValue(target, out var peer)) continue;
            var draft = Draft(PacketKind.News, peer, now);
            // A mass death makes more votes than a datagram holds: a different part of them each time.
            foreach (var vote in Shuffled(votes)) draft.TryAdd(vote);
            Post(draft, peer.Record.Address);
        }
    }
}
