using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft.Scenarios;

/// <summary>One voter of a story, with all that outlives its process and all that does not.</summary>
internal sealed class Actor
{
    public required NodeId Name { get; init; }

    /// <summary>The members that it was told of at its first start.</summary>
    public required Configuration Bootstrap { get; init; }

    public RaftNode? Node { get; set; }

    public SimulatedLogStore Disk { get; set; } = new();

    public Queue<(Persistence? Write, ImmutableArray<Envelope> SendAfter)> Jobs { get; } = new();

    public List<string> State { get; set; } = [];

    public bool IsHolding { get; set; }

    public Action? Held { get; set; }

    public RaftInput.Snapshotted? Saved { get; set; }

    public Queue<RaftInput.ChunkRead> Parts { get; } = new();

    public bool CanComplete => Node is not null && (Saved is not null || Parts.Count > 0);

    public bool IsStalled { get; set; }

    public bool CanFlush => Node is not null && !IsStalled && Jobs.Count > 0;
}
