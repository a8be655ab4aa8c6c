using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>
/// One agent of the gossip protocol. Each peer sends its heartbeat directly to a few observers, chosen by rendezvous;
/// an observer that becomes surprised by a silence votes that the peer is suspected, and when enough observers of that
/// peer agree it is down. What is known spreads like a rumor: the newest news rides on every datagram, and random peers
/// compare digests so that nothing stays unknown. A peer refutes what is said of it by raising its verdict; only its
/// own leave and a newer generation of it cannot be refuted.
/// Down is evidence and not authority: the node then asks for a fence until it stands.
/// See docs/protocols/gossip.md; Hayashibara et al. 2004 (phi), Das et al. 2002 (SWIM: suspicion and refutation).
/// </summary>
public sealed partial class GossipNode
{
    /// <summary>
    /// A generation is a time in milliseconds; this is in the year 10889, and one above it still exists.
    /// </summary>
    public const ulong GenerationMax = 1UL << 48;

    /// <summary>
    /// How far a generation that is heard of may lie above this node's own time. Generations are times, and clocks may
    /// be wrong by years, so it is wide: about 50 years. Without any bound one forged datagram would give a node a
    /// generation that it can never outbid.
    /// </summary>
    public static readonly TimeSpan GenerationAheadMax = TimeSpan.FromDays(18_262);

    /// <summary>
    /// The start of 2026 in Unix milliseconds: a node whose clock stands earlier than this program is old takes this
    /// for its time, so that it believes its peers and can outbid its former life.
    /// </summary>
    public const ulong TimeMin = 1_767_225_600_000;

    /// <summary>The highest verdict; a node at it takes a new generation instead.</summary>
    public const ulong VerdictMax = 1UL << 32;

    private readonly GossipIdentity _identity;
    private readonly GossipOptions _options;
    private readonly Random _random;
    private readonly Instant _started;
    private readonly Generation _booted;

    // One writer per peer: only this class changes it, and only in Step.
    private readonly SortedDictionary<NodeId, Peer> _peers = [];
    private readonly Dictionary<NodeId, Generation> _forgotten = [];
    private OutputBuilder _out = new();
    private Instant _lastStep;

    /// <param name="identity">Who this is.</param>
    /// <param name="options">How fast and how sure; valid.</param>
    /// <param name="booted">Unix milliseconds at boot; it rises when a peer knows of a later one.</param>
    /// <param name="random">Seeded.</param>
    /// <param name="now">The first instant; later ones are not before it.</param>
    public GossipNode(
        GossipIdentity identity, GossipOptions options, Generation booted, Random random, Instant now)
    {
        Invariant.Holds(booted.Value is > 0 and < GenerationMax);
        (_identity, _options, _random, _started, _lastStep) = (identity, options, random, now, now);
        _booted = booted;
        _self = new PeerRecord
        {
            Node = identity.Node,
            Cluster = identity.Cluster,
            Rack = identity.Rack,
            Address = identity.Address,
            HttpAddress = identity.HttpAddress,
            Version = new PeerVersion(booted, default, PeerState.Up),
            Heartbeat = 0,
        };
        _announceAt = now + AnnounceDelayMax;
        _raisedAt = now - RaisePauseMin;
        _nextLan = _nextWan = _nextLanNews = _nextWanNews = _nextKnock = _nextVotes = now;
    }

    /// <summary>This node as it tells others.</summary>
    public PeerRecord Self => _self;

    /// <summary>Takes one input and says what follows.</summary>
    public GossipOutput Step(GossipInput input, Instant now)
    {
        Invariant.Holds(now >= _lastStep);
        _out = new OutputBuilder();
        NoticeOwnPause(now);
        switch (input)
        {
            case GossipInput.Tick:
                OnTick(now);
                break;
            case GossipInput.Received received:
                OnReceived(received.Packet, received.From, now);
                break;
            case GossipInput.Leave leave:
                OnLeave(leave.Reason, now);
                break;
            case GossipInput.Fenced fenced:
                OnFenced(fenced.Generation, now);
                break;
            case GossipInput.FenceAnswered answered:
                OnFenceAnswered(answered, now);
                break;
            default:
                throw new InvariantViolatedException($"{input} is no input.");
        }

        return _out.Build();
    }

    /// <summary>Every peer as this agent sees it, itself included, by node id.</summary>
    public ImmutableArray<PeerView> View(Instant now)
    {
        var views = ImmutableArray.CreateBuilder<PeerView>(_peers.Count + 1);
        views.Add(new PeerView
        {
            Record = _self,
            IsSelf = true,
            Observers = [.. ObserversOf(_self)],
            Votes = [],
            Phi = 0,
            IsFenced = false,
        });
        foreach (var peer in _peers.Values) views.Add(ViewOf(peer, now));
        views.Sort((left, right) => left.Record.Node.CompareTo(right.Record.Node));
        return views.ToImmutable();
    }

    private PeerView ViewOf(Peer peer, Instant now)
    {
        var silentFor = peer.Detector?.SilentFor(now);
        return new PeerView
        {
            Record = peer.Record,
            IsSelf = false,
            Observers = [.. ObserversOf(peer.Record)],
            Votes = peer.Record.State == PeerState.Suspected
                ? [.. peer.Votes(now, VoteLifetime).Select(vote => vote.Vote)]
                : [.. peer.Evidence],
            Phi = peer.Detector?.Phi(now) ?? 0,
            SilentFor = silentFor,
            AccusedIn = peer.Detector is { } detector
                ? TimeSpan.FromTicks(Math.Max(0, (detector.SilenceAllowed - silentFor!.Value).Ticks))
                : null,
            IsFenced = peer.Fence is { IsDone: true },
        };
    }

    private void OnTick(Instant now)
    {
        Announce(now);
        Observe(now);
        SendHeartbeats(now);
        SendVotes(now);
        SendNews(now);
        Knock(now);
        AskForFences(now);
        Forget(now);
    }

    /// <summary>
    /// This agent was stopped (suspended, starved, in a debugger). What it did not hear meanwhile, and what still waits
    /// in its socket, says nothing about its peers.
    /// </summary>
    private void NoticeOwnPause(Instant now)
    {
        var gap = now - _lastStep;
        _lastStep = now;
        if (gap <= _options.SelfPauseMax) return;
        _out.OwnPause = gap;
        foreach (var peer in _peers.Values)
        {
            peer.Detector?.Forgive(gap, _options.LanInterval, now);
            peer.Withdraw(_self.Node);
            if (peer.Record.State == PeerState.Suspected) peer.SuspectedAt += gap;
        }
    }

    private void Forget(Instant now)
    {
        List<NodeId>? gone = null;
        foreach (var peer in _peers.Values)
        {
            if (!peer.Record.IsMember && now - peer.StateSince > _options.ForgetAfter) (gone ??= []).Add(peer.Node);
        }

        foreach (var node in gone ?? [])
        {
            // Peers that forget later would teach it anew: this generation is not learned again.
            if (_forgotten.Count >= _options.MembersMax) _forgotten.Remove(_forgotten.Keys.First());
            _forgotten[node] = _peers[node].Record.Generation;
            _peers.Remove(node);
            MembersChanged(node);
        }
    }

    private sealed class OutputBuilder
    {
        public ImmutableArray<Outgoing>.Builder Send { get; } = ImmutableArray.CreateBuilder<Outgoing>();

        public ImmutableArray<PeerChange>.Builder Changes { get; } = ImmutableArray.CreateBuilder<PeerChange>();

        public ImmutableArray<FenceWanted>.Builder Fences { get; } = ImmutableArray.CreateBuilder<FenceWanted>();

        public DropReason? Dropped { get; set; }

        public TimeSpan? OwnPause { get; set; }

        public bool HasNewGeneration { get; set; }

        public GossipOutput Build() => new()
        {
            Send = Send.ToImmutable(),
            Changes = Changes.ToImmutable(),
            Fences = Fences.ToImmutable(),
            Dropped = Dropped,
            OwnPause = OwnPause,
            HasNewGeneration = HasNewGeneration,
        };
    }
}
