using System.Buffers;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Protocol;

/// <summary>
/// What the log drives. <see cref="Apply"/> is called for every committed command, in the order of the log, on every
/// voter, by one caller at a time; after a restart again from the newest snapshot on. It must depend on nothing but its
/// arguments and what was applied before, so that all voters come to the same state and give the same result.
/// Entries of Raft's own (the no-op that opens a term) are not shown.
/// </summary>
public interface IStateMachine
{
    /// <summary>
    /// Applies one command. It must be quick and must not throw: an exception stops the node, because a voter that
    /// skipped an entry would no longer be a copy of the others.
    /// </summary>
    /// <returns>The answer for whoever proposed the command on this voter.</returns>
    object? Apply(LogIndex index, Term term, ReadOnlySpan<byte> command);

    /// <summary>
    /// The whole state as it is now, as something that writes it. Quick, since nothing is applied meanwhile; what it
    /// returns is called later, by another caller, while commands are applied again, and still writes the state of now.
    /// </summary>
    Action<IBufferWriter<byte>> Capture();

    /// <summary>
    /// Takes the state that <see cref="Capture"/> wrote here or on another voter, in the place of the own one. It must
    /// throw when it does not understand the bytes, which stops the node.
    /// </summary>
    void Restore(ReadOnlySpan<byte> snapshot);
}
