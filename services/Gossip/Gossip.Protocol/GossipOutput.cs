using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>What the shell must do now. Nothing here waits for anything else.</summary>
public sealed record GossipOutput
{
    public static readonly GossipOutput Nothing = new();

    /// <summary>Datagrams, each to be sent once and never repeated by the shell.</summary>
    public ImmutableArray<Outgoing> Send { get; init; } = [];

    /// <summary>What changed; the shell publishes those that are <see cref="PeerChange.IsOwn"/>.</summary>
    public ImmutableArray<PeerChange> Changes { get; init; } = [];

    /// <summary>Fences to look for or to ask for.</summary>
    public ImmutableArray<FenceWanted> Fences { get; init; } = [];

    /// <summary>Why the datagram was not believed, where it was not.</summary>
    public DropReason? Dropped { get; init; }

    /// <summary>How long this agent was stopped, where it noticed that it was.</summary>
    public TimeSpan? OwnPause { get; init; }

    /// <summary>Whether this node has taken a higher generation: its session belongs to the old one.</summary>
    public bool HasNewGeneration { get; init; }
}

/// <summary>A datagram to send.</summary>
public sealed record Outgoing(PeerAddress To, Packet Packet);

/// <summary>Why a well-formed datagram changes nothing.</summary>
public enum DropReason
{
    /// <summary>It is meant for another node.</summary>
    OtherTarget,

    /// <summary>It bears this node's own name.</summary>
    OwnName,

    /// <summary>Its sender has been seen in a newer generation.</summary>
    OlderGeneration,

    /// <summary>It was taken before, or is too old to tell.</summary>
    Replayed,

    /// <summary>It tells of a generation that no clock can have given yet.</summary>
    FutureGeneration,
}

/// <summary>
/// A change of a peer's state. <see cref="IsOwn"/>: this agent made it and announces it; otherwise it has only heard.
/// </summary>
public abstract record PeerChange(PeerRecord Peer, bool IsOwn)
{
    /// <summary>Heard for the first time, again, or in a new generation.</summary>
    public sealed record Up(PeerRecord Peer, bool IsOwn, UpReason Reason) : PeerChange(Peer, IsOwn);

    /// <summary>An observer is deaf to it.</summary>
    /// <param name="Peer">The peer.</param>
    /// <param name="IsOwn">Whether the observer is this agent; else the figures are zero.</param>
    /// <param name="Phi">The suspicion of this agent.</param>
    /// <param name="SilentFor">Since when.</param>
    public sealed record Suspected(PeerRecord Peer, bool IsOwn, double Phi, TimeSpan SilentFor)
        : PeerChange(Peer, IsOwn);

    /// <summary>Convicted.</summary>
    /// <param name="Peer">The peer.</param>
    /// <param name="IsOwn">Whether this agent completed the conviction; else the verdict is null.</param>
    /// <param name="Conviction">How it came about.</param>
    public sealed record Down(PeerRecord Peer, bool IsOwn, Conviction? Conviction) : PeerChange(Peer, IsOwn);

    /// <summary>It leaves.</summary>
    public sealed record Left(PeerRecord Peer, bool IsOwn, string Reason) : PeerChange(Peer, IsOwn);
}

/// <summary>Why a peer is up.</summary>
public enum UpReason
{
    Joined,
    Restarted,
    Refuted,
}

/// <summary>The evidence of a verdict.</summary>
/// <param name="Votes">Of the observers that agreed.</param>
/// <param name="VotesWanted">How many had to agree.</param>
/// <param name="IsByWitness">Fewer agreed, and the rest was waited for long enough.</param>
/// <param name="CutId">The same for peers that fell silent together.</param>
public sealed record Conviction(ImmutableArray<Vote> Votes, int VotesWanted, bool IsByWitness, string CutId)
{
    public double Phi => Votes.Max(vote => vote.Phi);
}

/// <summary>A fence that ought to exist.</summary>
/// <param name="Peer">Held down or left.</param>
/// <param name="Votes">The evidence as far as this agent has it.</param>
/// <param name="SilentFor">Measured now.</param>
/// <param name="LooksFirst">Only ask whether it exists; another agent is expected to have it made.</param>
public sealed record FenceWanted(PeerRecord Peer, ImmutableArray<Vote> Votes, TimeSpan SilentFor, bool LooksFirst)
{
    /// <summary>It announced its leave; otherwise the cause is its silence.</summary>
    public bool IsLeave => Peer.State == PeerState.Left;
}

/// <summary>A peer as this agent sees it now.</summary>
public sealed record PeerView
{
    public required PeerRecord Record { get; init; }

    public required bool IsSelf { get; init; }

    public required ImmutableArray<NodeId> Observers { get; init; }

    /// <summary>The votes that count now; after a conviction those that it rests on.</summary>
    public required ImmutableArray<Vote> Votes { get; init; }

    /// <summary>Zero where this agent does not observe it.</summary>
    public required double Phi { get; init; }

    /// <summary>Null where this agent does not observe it.</summary>
    public TimeSpan? SilentFor { get; init; }

    /// <summary>When this agent would accuse it if it stayed silent; zero when it does.</summary>
    public TimeSpan? AccusedIn { get; init; }

    /// <summary>Whether its fence is known to stand, for a peer that is down or left.</summary>
    public required bool IsFenced { get; init; }
}
