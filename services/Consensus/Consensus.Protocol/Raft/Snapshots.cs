using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>Names a snapshot that is durable somewhere: what the log up to <paramref name="Index"/> led to.</summary>
/// <param name="Index">The last entry that is in it.</param>
/// <param name="Term">The term of that entry.</param>
/// <param name="Bytes">The length of its content.</param>
/// <param name="Checksum">CRC-32C of its content.</param>
/// <param name="Configuration">Who is in the group there; null where an earlier version wrote it.</param>
public readonly record struct SnapshotInfo(
    LogIndex Index, Term Term, long Bytes, uint Checksum, Configuration? Configuration = null);

/// <summary>A place of the log, such as one to take a snapshot at: everything up to it is applied.</summary>
/// <param name="Index">The last entry that is in it.</param>
/// <param name="Term">The term of that entry.</param>
/// <param name="Configuration">Who is in the group there, for the snapshot; null for other places.</param>
public readonly record struct SnapshotMark(LogIndex Index, Term Term, Configuration? Configuration = null);

/// <summary>A part of a snapshot that a leader sends. The parts of one come in order and without gaps.</summary>
public sealed record SnapshotChunk(SnapshotInfo Snapshot, long Offset, ReadOnlyMemory<byte> Data)
{
    /// <summary>The last part: with it the snapshot is whole, and takes the place of the log.</summary>
    public bool IsLast => Offset + Data.Length == Snapshot.Bytes;
}

/// <summary>The part of a snapshot that goes to a follower next; the shell reads it and hands it in.</summary>
public readonly record struct ChunkQuestion(NodeId To, SnapshotInfo Snapshot, long Offset, int BytesMax);
