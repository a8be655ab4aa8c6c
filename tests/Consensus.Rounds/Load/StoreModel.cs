using Holdfast.Simulation.Histories;

namespace Holdfast.Consensus.Rounds.Load;

/// <summary>A call about one key: a write of a number that is written once in a round, or a read (null).</summary>
internal readonly record struct StoreCall(int Key, long? Put);

/// <summary>The store, if it served one call at a time: 0 is no value, and the answer of a write.</summary>
internal sealed class StoreModel : ISequentialModel<long, StoreCall, long>
{
    public long Initial => 0;

    public (long State, long Output) Apply(long state, StoreCall input) =>
        input.Put is { } value ? (value, 0) : (state, state);
}
