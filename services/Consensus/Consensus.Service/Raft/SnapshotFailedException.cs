using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>A snapshot of the own state could not be made durable.</summary>
public sealed class SnapshotFailedException(LogIndex upTo, Exception cause)
    : IOException($"The snapshot up to {upTo} could not be written: {cause.Message}", cause)
{
    /// <summary>The last entry that would be in it.</summary>
    public LogIndex UpTo { get; } = upTo;
}
