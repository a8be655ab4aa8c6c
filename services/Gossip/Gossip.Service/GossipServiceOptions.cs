using System.ComponentModel.DataAnnotations;
using System.Net;
using Holdfast.Gossip.Protocol;

namespace Holdfast.Gossip.Service;

/// <summary>The section <c>Gossip</c>: the protocol's own settings and where the agent listens.</summary>
public sealed record GossipServiceOptions : GossipOptions
{
    /// <summary>The same section; said here too because the settings below belong to it.</summary>
    public new const string Section = "Gossip";

    /// <summary>The UDP address and port to listen on; port 0 takes a free one. Default <c>0.0.0.0:7946</c>.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Any, 7946);

    /// <summary>
    /// Where other agents reach this one, <c>host:port</c> or <c>host</c>. Absent: the address of
    /// <see cref="Listen"/>; where that is a wildcard, the first address of this machine's name.
    /// </summary>
    [MaxLength(PeerAddress.LengthMax)]
    public string? Advertise { get; init; }

    /// <summary>
    /// Agents to knock at first, each <c>host:port</c>; names are resolved again as time goes by. Empty for the first
    /// of all. The list may name this agent itself.
    /// </summary>
    public IReadOnlyList<string> Seeds { get; init; } = [];

    /// <summary>Where people and services reach this agent over HTTP, told to all peers. Absent: not told.</summary>
    public Uri? HttpAdvertise { get; init; }

    /// <summary>
    /// Agents of different networks drop each other's datagrams, so that two installations on one wire stay two. 1 to
    /// 128 characters.
    /// </summary>
    [Length(1, 128)]
    public string Network { get; init; } = "holdfast";

    /// <summary>
    /// A file with the secret that seals every datagram, at least 16 bytes, the same for all agents. Absent: datagrams
    /// are taken from anybody who reaches the port, and sealed ones are dropped.
    /// </summary>
    public string? SecretFile { get; init; }

    /// <summary>
    /// Whether an ordered stop announces a leave. Then the node is fenced at once (cause <c>left</c>) and its work
    /// moves without grace; otherwise its silence is noticed like any other.
    /// </summary>
    public bool LeaveOnStop { get; init; } = true;

    /// <summary>
    /// Datagrams and answers that wait for the agent; more are dropped and counted. From 64 to 65,536.
    /// </summary>
    [Range(64, 65_536)]
    public int MailboxMax { get; init; } = 4_096;

    /// <summary>Time to live of the node's session in Consensus. From 1 s to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan SessionTtl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Pause between two keep-alives of the node's session: while they come, Consensus refuses to fence the node. From
    /// 50 ms to 500 ms, since a fence is refused for 750 ms after the last one.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:00.500")]
    public TimeSpan SessionKeepAlive { get; init; } = TimeSpan.FromMilliseconds(250);
}
