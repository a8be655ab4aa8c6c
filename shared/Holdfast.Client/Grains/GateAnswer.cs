using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>What a guard said.</summary>
/// <param name="Passed">Whether the write may go on, or was carried out.</param>
/// <param name="Highest">The highest epoch seen for the key, this one included: what a refused writer lacks.</param>
public readonly record struct GateAnswer(bool Passed, Epoch Highest);

/// <summary>What a guard said, and what the write came to.</summary>
/// <param name="Answer">Whether the write was carried out.</param>
/// <param name="Result">What it returned; the default of its type when it was refused, and so not begun.</param>
/// <typeparam name="T">What the write returns.</typeparam>
public readonly record struct Guarded<T>(GateAnswer Answer, T? Result)
{
    /// <summary>Whether the write was carried out.</summary>
    public bool Passed => Answer.Passed;

    /// <summary>The highest epoch seen for the grain, this one included.</summary>
    public Epoch Highest => Answer.Highest;
}

/// <summary>A write came under a key that was not seen before, and the gate holds as many as it may.</summary>
public sealed class EpochGateFullException(string key, int keysMax)
    : Exception($"The key '{key}' is new, and {keysMax} are held already; none is forgotten to make room.");

/// <summary>
/// Where a resource keeps its highest epoch, something else stands: somebody else writes there. Nothing was changed.
/// </summary>
public sealed class MalformedEpochException(string where, string found, Exception? inner = null)
    : Exception(
        $"{where} is '{found}', which is not an epoch: 16 hex digits, '-', 16 hex digits are wanted.", inner);
