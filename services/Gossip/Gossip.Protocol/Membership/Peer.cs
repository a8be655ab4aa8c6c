using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>What this agent holds about one other peer. Written by the node only.</summary>
internal sealed class Peer(PeerRecord record, Instant now)
{
    // Invariant: every vote is about the record's generation and verdict while the state is suspected.
    private readonly SortedDictionary<NodeId, (Vote Vote, Instant MadeAt)> _votes = [];

    public PeerRecord Record { get; set; } = record;

    public NodeId Node => Record.Node;

    /// <summary>When its heartbeat was last seen to advance, here or by way of others.</summary>
    public Instant LastSign { get; set; } = now;

    /// <summary>When the present state began, by this agent's knowledge.</summary>
    public Instant StateSince { get; set; } = now;

    /// <summary>When it was last suspected: what its conviction counts from.</summary>
    public Instant SuspectedAt { get; set; } = now;

    /// <summary>When enough observers agreed, by this agent's knowledge; null before.</summary>
    public Instant? AgreedAt { get; set; }

    /// <summary>Not null while this agent observes it.</summary>
    public PeerDetector? Detector { get; set; }

    public ReplayWindow Replays { get; set; } = new();

    /// <summary>When it is next asked for heartbeats that do not come.</summary>
    public Instant NextWatch { get; set; } = now;

    /// <summary>
    /// It refuted this agent's suspicion, yet not by a heartbeat: the link is sick. Until it is heard directly again
    /// this agent starts no suspicion while others still relay signs of its life.
    /// </summary>
    public bool IsLinkSick { get; set; }

    /// <summary>What the last conviction rests on, as far as known here; empty while it is not down.</summary>
    public IReadOnlyList<Vote> Evidence { get; set; } = [];

    public FenceDuty? Fence { get; set; }

    public void Keep(Vote vote, Instant madeAt)
    {
        var isNewer = !_votes.TryGetValue(vote.Accuser, out var held) || madeAt > held.MadeAt;
        if (isNewer) _votes[vote.Accuser] = (vote, madeAt);
    }

    public bool Withdraw(NodeId accuser) => _votes.Remove(accuser);

    public void ClearVotes() => _votes.Clear();

    public bool HasVoteOf(NodeId accuser) => _votes.ContainsKey(accuser);

    /// <summary>The votes made within <paramref name="lifetime"/>, by accuser.</summary>
    public IEnumerable<(Vote Vote, TimeSpan Age)> Votes(Instant now, TimeSpan lifetime) =>
        _votes.Values.Where(vote => now - vote.MadeAt <= lifetime).Select(vote => (vote.Vote, now - vote.MadeAt));
}

/// <summary>What is left to do for the fence of a peer that is down or left.</summary>
internal sealed class FenceDuty
{
    public required Instant NextAt { get; set; }

    /// <summary>
    /// This agent completed the conviction, so the fence is its to ask for; others look whether it exists.
    /// </summary>
    public required bool IsMine { get; init; }

    /// <summary>The next step is only to look.</summary>
    public required bool LooksFirst { get; set; }

    public bool IsInFlight { get; set; }

    /// <summary>It was asked for again sooner than after the pause, which is done once.</summary>
    public bool HasHurried { get; set; }

    public bool IsDone { get; set; }
}
