namespace Holdfast.Simulation.Histories;

/// <summary>What a service would do if it served one call at a time.</summary>
/// <typeparam name="TState">Its state, compared by value.</typeparam>
/// <typeparam name="TInput">What is asked.</typeparam>
/// <typeparam name="TOutput">What is told, compared by value.</typeparam>
public interface ISequentialModel<TState, in TInput, TOutput>
{
    TState Initial { get; }

    /// <summary>The state after a call, and its answer.</summary>
    (TState State, TOutput Output) Apply(TState state, TInput input);
}

public enum Judgement
{
    Linearizable,

    NotLinearizable,

    /// <summary>The bound on the search was reached first: neither is known.</summary>
    Undecided,
}

/// <param name="Judgement">What came out.</param>
/// <param name="Reason">The answer that no order explains, with what ran beside it; null without one.</param>
/// <param name="Configurations">How far the search went.</param>
public sealed record LinearizabilityResult(Judgement Judgement, string? Reason, long Configurations);

/// <summary>
/// Is there one order of all calls that fits what every client was told and when (Herlihy and Wing 1990)? The search of
/// Wing and Gong (1993) with Lowe's memory of configurations (<i>Testing for linearizability</i>, 2017): which calls
/// have taken effect, and the state they lead to. Pending calls may take effect at any time, or never.
/// </summary>
public static class Linearizability
{
    /// <summary>
    /// Checks each part of a history by itself: a history is linearizable where those of all its objects are.
    /// </summary>
    /// <param name="model">The service, for one part.</param>
    /// <param name="history">What the clients saw.</param>
    /// <param name="partOf">The part that a call is about, such as its key.</param>
    /// <param name="configurationsMax">The bound of the search, for all parts together.</param>
    public static LinearizabilityResult Check<TState, TInput, TOutput, TPart>(
        ISequentialModel<TState, TInput, TOutput> model,
        IEnumerable<Operation<TInput, TOutput>> history,
        Func<TInput, TPart> partOf,
        long configurationsMax = 1_000_000)
        where TState : notnull
        where TPart : notnull
    {
        long searched = 0;
        var isUndecided = false;
        foreach (var part in history.GroupBy(operation => partOf(operation.Input)))
        {
            var search = new LinearizationSearch<TState, TInput, TOutput>(model, [.. part]);
            var (judgement, reason) = search.Run(configurationsMax - searched);
            searched += search.Configurations;
            if (judgement == Judgement.NotLinearizable)
                return new LinearizabilityResult(judgement, $"of {part.Key}: {reason}", searched);
            isUndecided |= judgement == Judgement.Undecided;
        }

        return new LinearizabilityResult(isUndecided ? Judgement.Undecided : Judgement.Linearizable, null, searched);
    }

    /// <summary>Checks a history of one object.</summary>
    public static LinearizabilityResult Check<TState, TInput, TOutput>(
        ISequentialModel<TState, TInput, TOutput> model,
        IEnumerable<Operation<TInput, TOutput>> history,
        long configurationsMax = 1_000_000)
        where TState : notnull => Check(model, history, static _ => 0, configurationsMax);
}
