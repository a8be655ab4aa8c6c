using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>What the peers agree a peer is. The numbers are on the wire.</summary>
public enum PeerState : byte
{
    /// <summary>It is heard.</summary>
    Up = 0,

    /// <summary>At least one observer is deaf to it; no verdict.</summary>
    Suspected = 1,

    /// <summary>Enough observers agreed that it is silent.</summary>
    Down = 2,

    /// <summary>It said that it leaves.</summary>
    Left = 3,
}

/// <summary>
/// Where a peer's agent takes datagrams: <c>ip:port</c> or <c>name:port</c>. The core only carries it.
/// </summary>
public readonly record struct PeerAddress(string Value)
{
    /// <summary>The longest address on the wire, in characters.</summary>
    public const int LengthMax = 255;

    public override string ToString() => Value;
}

/// <summary>
/// The version of what is known about a peer, and the whole rule of who is right when two peers differ. A higher
/// generation wins. Within a generation a leave wins over everything, because only a new boot ends it. Otherwise the
/// higher verdict wins, and with equal verdicts the worse state, because the peer itself can always refute it.
/// </summary>
public readonly record struct PeerVersion(Generation Generation, Verdict Verdict, PeerState State)
    : IComparable<PeerVersion>
{
    public int CompareTo(PeerVersion other)
    {
        var order = Generation.CompareTo(other.Generation);
        if (order == 0) order = (State == PeerState.Left).CompareTo(other.State == PeerState.Left);
        if (order == 0) order = Verdict.CompareTo(other.Verdict);
        return order != 0 ? order : State.CompareTo(other.State);
    }

    /// <summary>
    /// The version after hearing <paramref name="news"/>; this one when the news is not newer. A leave that meets a
    /// higher verdict is numbered above it, so that the numbers of a peer's events never fall.
    /// </summary>
    public PeerVersion Merge(PeerVersion news)
    {
        if (news.CompareTo(this) <= 0) return this;
        var isLateLeave = news.Generation == Generation && news.State == PeerState.Left && State != PeerState.Left &&
                          news.Verdict <= Verdict && Verdict.Value < GossipNode.VerdictMax;
        return isLateLeave ? news with { Verdict = Verdict.Next() } : news;
    }

    public static bool operator <(PeerVersion left, PeerVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(PeerVersion left, PeerVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(PeerVersion left, PeerVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PeerVersion left, PeerVersion right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"g{Generation} v{Verdict} {State}";
}

/// <summary>Everything that spreads about a peer.</summary>
public sealed record PeerRecord
{
    public required NodeId Node { get; init; }

    public required ClusterId Cluster { get; init; }

    public required string Rack { get; init; }

    public required PeerVersion Version { get; init; }

    /// <summary>Rises with every heartbeat the peer sends; within a generation it never falls.</summary>
    public required ulong Heartbeat { get; init; }

    /// <summary>Where its agent takes datagrams; fixed within a generation.</summary>
    public required PeerAddress Address { get; init; }

    /// <summary>Where its agent serves HTTP; empty where it does not say.</summary>
    public required string HttpAddress { get; init; }

    public Generation Generation => Version.Generation;

    public Verdict Verdict => Version.Verdict;

    public PeerState State => Version.State;

    /// <summary>Whether it takes part: observes others and is observed.</summary>
    public bool IsMember => State is PeerState.Up or PeerState.Suspected;

    /// <summary>The part that changes, as it travels in digests.</summary>
    public PeerBeat Beat => new(Node, Version, Heartbeat);
}

/// <summary>The part of a record that changes within a generation, in a few bytes.</summary>
public readonly record struct PeerBeat(NodeId Node, PeerVersion Version, ulong Heartbeat)
{
    /// <summary>Whether this says anything that <paramref name="other"/> does not.</summary>
    public bool IsNewerThan(PeerBeat other) =>
        Version > other.Version || (Version.Generation == other.Version.Generation && Heartbeat > other.Heartbeat);
}
