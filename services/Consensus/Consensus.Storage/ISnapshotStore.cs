using System.Buffers;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// The snapshots beside a log. Of several the newest counts; the others may be gone at any time. One caller saves at a
/// time; reading goes on meanwhile, and so does writing to the log.
/// </summary>
public interface ISnapshotStore
{
    /// <summary>Writes a snapshot of the own state machine and returns when it is durable.</summary>
    /// <exception cref="StorageFailedException">A write or a flush failed.</exception>
    SnapshotInfo Save(SnapshotMark mark, Action<IBufferWriter<byte>> write);

    /// <summary>
    /// Up to so many bytes of a snapshot, from an offset on; null when a newer one took its place.
    /// </summary>
    ReadOnlyMemory<byte>? TryRead(SnapshotInfo snapshot, long offset, int bytesMax);
}
