using System.Collections.Immutable;
using System.Net;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>A voter and where the others reach it.</summary>
/// <param name="Node">Its identity, the same for ever.</param>
/// <param name="Host">Host name or address of its Raft listener.</param>
/// <param name="Port">Port of its Raft listener.</param>
public sealed record RaftVoter(NodeId Node, string Host, int Port);

/// <summary>What one <see cref="RaftHost"/> is made of. The service binds and validates its section into this.</summary>
public sealed record RaftHostOptions
{
    /// <summary>This voter; one of <see cref="Voters"/>.</summary>
    public required NodeId Node { get; init; }

    /// <summary>Names the group of voters. Two groups with different names never talk, whatever their addresses.</summary>
    public string Group { get; init; } = "holdfast";

    /// <summary>All voters, this one included. A single one is a legal group.</summary>
    public required ImmutableArray<RaftVoter> Voters { get; init; }

    /// <summary>Where this voter listens for the others. Unused by a single voter.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Directory of the log, used by one process at a time.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>
    /// Shared secret by which voters prove to each other who they are; at least 16 bytes. Empty only where every
    /// address is a loopback address.
    /// </summary>
    public ReadOnlyMemory<byte> Secret { get; init; }

    /// <summary>The figures of the protocol.</summary>
    public RaftOptions Raft { get; init; } = new();

    /// <summary>Size at which a new log segment is begun. From 64 KiB to 1 GiB.</summary>
    public long SegmentBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>Largest command. From 1 KiB to 16 MiB.</summary>
    public int CommandBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Inputs that wait for the loop. Beyond it proposals are refused and messages dropped.</summary>
    public int MailboxMax { get; init; } = 65_536;
}
