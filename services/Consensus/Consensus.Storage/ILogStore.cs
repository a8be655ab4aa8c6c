using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// Where a voter keeps what it must never forget. One owner, one caller at a time. What <see cref="Write"/> returned
/// from is there after every crash; what it did not return from is there in part, from the front, or not at all. What
/// <see cref="Load"/> returned is there after every crash, too, also when it had been written by a process that was
/// killed before its flush.
/// </summary>
public interface ILogStore : IDisposable
{
    ISnapshotStore Snapshots { get; }

    /// <summary>
    /// Reads everything that is there, and makes it durable: the log goes on after the newest snapshot, what is before
    /// it is left out. Called once, before the first write.
    /// </summary>
    DurableState Load();

    /// <summary>
    /// Writes a group in its order and returns when all of it is durable, with one flush for all entries. The last
    /// part of a snapshot takes the place of everything before it in one step. After a
    /// failure the store refuses everything: nobody knows what the disk holds, so the node must stop.
    /// </summary>
    /// <exception cref="StorageFailedException">A write or a flush failed, now or before.</exception>
    void Write(IReadOnlyList<Persistence> group);
}
