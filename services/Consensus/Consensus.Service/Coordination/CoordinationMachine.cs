using System.Buffers;
using Holdfast.Consensus.Protocol;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Coordination;

/// <summary>
/// The state that this voter's log has come to. One caller applies, everybody reads: a state is a value, and the newest
/// is published whole.
/// </summary>
internal sealed class CoordinationMachine : IStateMachine
{
    private CoordinationState _current = CoordinationState.Empty;
    private TaskCompletionSource _changed = NewSignal();

    public CoordinationState Current => Volatile.Read(ref _current);

    /// <summary>
    /// Completes at the next entry. Take it before reading <see cref="Current"/>, so that no entry is missed.
    /// </summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    // An entry that cannot be read throws and stops the voter: guessing would make it another machine than the rest.
    public object? Apply(LogIndex index, Term term, ReadOnlySpan<byte> command)
    {
        var applied = Current.Apply(index, term, CommandCodec.Decode(command));
        Publish(applied.State);
        return applied.Answer;
    }

    // The state is a value: what is captured stays as it is, whatever is applied meanwhile.
    public Action<IBufferWriter<byte>> Capture() => Current.WriteTo;

    public void Restore(ReadOnlySpan<byte> snapshot) => Publish(CoordinationState.Read(snapshot));

    private void Publish(CoordinationState state)
    {
        Volatile.Write(ref _current, state);
        Interlocked.Exchange(ref _changed, NewSignal()).SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
