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
    /// <summary>Reads everything that is there, and makes it durable. Called once, before the first write.</summary>
    DurableState Load();

    /// <summary>
    /// Writes a group in its order and returns when all of it is durable, with one flush for all entries. After a
    /// failure the store refuses everything: nobody knows what the disk holds, so the node must stop.
    /// </summary>
    /// <exception cref="StorageFailedException">A write or a flush failed, now or before.</exception>
    void Write(IReadOnlyList<Persistence> group);
}
