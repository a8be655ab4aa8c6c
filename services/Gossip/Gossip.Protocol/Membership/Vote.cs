using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>
/// One observer's word that a peer is silent. It counts for one generation and verdict of the peer only, so that a
/// refutation voids it, and it fades unless its author repeats it.
/// </summary>
public sealed record Vote
{
    public required NodeId Subject { get; init; }

    public required Generation Generation { get; init; }

    /// <summary>The verdict under which the subject is suspected.</summary>
    public required Verdict Verdict { get; init; }

    public required NodeId Accuser { get; init; }

    public required ClusterId AccuserCluster { get; init; }

    public required double Phi { get; init; }

    /// <summary>How long the accuser had not heard from the subject when it said so.</summary>
    public required TimeSpan SilentFor { get; init; }
}

/// <summary>A vote on the wire: clocks differ, so it carries its age, which grows at every relay.</summary>
public readonly record struct VoteNews(Vote Vote, TimeSpan Age);
