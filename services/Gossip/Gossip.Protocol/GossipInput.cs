using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>Who this agent is; all of it but the generation is fixed for the life of the process.</summary>
public sealed record GossipIdentity
{
    public required NodeId Node { get; init; }

    public required ClusterId Cluster { get; init; }

    public required string Rack { get; init; }

    /// <summary>Where other agents reach this one.</summary>
    public required PeerAddress Address { get; init; }

    /// <summary>Where people and services reach it over HTTP; empty for nowhere.</summary>
    public string HttpAddress { get; init; } = "";

    /// <summary>Where to knock first. May name this agent itself: then it hears nobody there.</summary>
    public IReadOnlyList<PeerAddress> Seeds { get; init; } = [];
}

/// <summary>Everything that can happen to a node. All but <see cref="Received"/> is the shell's own.</summary>
public abstract record GossipInput
{
    private GossipInput()
    {
    }

    /// <summary>
    /// Time has passed. Wanted every quarter of the shortest interval, and at fixed delays, not fixed rates.
    /// </summary>
    public sealed record Tick : GossipInput;

    /// <summary>A well-formed datagram of this network came, sealed where a seal is asked for.</summary>
    /// <param name="Packet">Its contents.</param>
    /// <param name="From">Where it came from, as an address that can be answered.</param>
    public sealed record Received(Packet Packet, PeerAddress From) : GossipInput;

    /// <summary>This node leaves for good: only a new boot brings it back.</summary>
    public sealed record Leave(string Reason) : GossipInput;

    /// <summary>
    /// Consensus has fenced this generation, so it can open no session: the node goes on under a higher one, as if it
    /// had been booted anew.
    /// </summary>
    public sealed record Fenced(Generation Generation) : GossipInput;

    /// <summary>
    /// The answer to a <see cref="FenceWanted"/>; there is one for each, whatever became of the call.
    /// </summary>
    /// <param name="Node">The peer it is about.</param>
    /// <param name="Generation">Its generation then.</param>
    /// <param name="Result">What became of it.</param>
    /// <param name="RetryAfter">
    /// With <see cref="FenceResult.NotYet"/>, the pause that Consensus asks for; null where it said nothing.
    /// </param>
    public sealed record FenceAnswered(
        NodeId Node, Generation Generation, FenceResult Result, TimeSpan? RetryAfter = null) : GossipInput;
}

/// <summary>What became of a request to fence.</summary>
public enum FenceResult
{
    /// <summary>The fence stands: nothing more to do.</summary>
    Fenced,

    /// <summary>There is none yet, as far as was only asked.</summary>
    Absent,

    /// <summary>Refused because its session is kept alive, put off, or not answered: ask again.</summary>
    NotYet,
}
