using Holdfast.Primitives;

namespace Holdfast.Simulation.Histories;

/// <summary>
/// One call of one client: what it asked, when, and what it was told, when. A call without an answer
/// (<see cref="IsPending"/>) may have taken effect at any time after it was made, or never.
/// </summary>
public sealed record Operation<TInput, TOutput>(
    int Client, TInput Input, Instant CalledAt, TOutput? Output, Instant? ReturnedAt)
{
    public bool IsPending => ReturnedAt is null;

    public override string ToString() => IsPending
        ? $"client {Client} asked {Input} at {CalledAt}, no answer"
        : $"client {Client} asked {Input} at {CalledAt}, was told {Output} at {ReturnedAt}";
}

/// <summary>Records what clients see, in the order in which they see it.</summary>
public sealed class History<TInput, TOutput>
{
    private readonly List<Operation<TInput, TOutput>> _operations = [];
    private readonly HashSet<int> _refused = [];

    public IReadOnlyList<Operation<TInput, TOutput>> Operations => _operations;

    public int CompletedCount { get; private set; }

    /// <returns>Names the call for <see cref="Returned"/>.</returns>
    public int Called(int client, TInput input, Instant now)
    {
        _operations.Add(new Operation<TInput, TOutput>(client, input, now, default, null));
        return _operations.Count - 1;
    }

    public void Returned(int call, TOutput output, Instant now)
    {
        Invariant.Holds(_operations[call].IsPending);
        _operations[call] = _operations[call] with { Output = output, ReturnedAt = now };
        CompletedCount++;
    }

    /// <summary>It is certain that the call had and will have no effect: it says nothing.</summary>
    public void Refused(int call) => _refused.Add(call);

    /// <summary>What a checker is given.</summary>
    public IEnumerable<Operation<TInput, TOutput>> Checked => _operations.Where((_, call) => !_refused.Contains(call));
}
