using Holdfast.Consensus.Rounds.Load;
using Holdfast.Simulation.Histories;

namespace Holdfast.Consensus.Rounds.Checks;

/// <summary>Judges what clients of the store saw.</summary>
internal static class StoreCheck
{
    private const long ConfigurationsMax = 5_000_000;

    /// <param name="history">All calls, the last reads of every key included.</param>
    /// <param name="found">What each key held in the end.</param>
    public static LoadFindings Judge(
        IReadOnlyList<Operation<StoreCall, long>> history, IReadOnlyDictionary<int, long> found)
    {
        var acknowledged = history.Where(call => call.Input.Put is not null && !call.IsPending).ToList();
        var lost = found.Sum(key => LostOf(history.Where(call => call.Input.Key == key.Key), key.Value));
        var problems = new List<string>();
        if (lost > 0) problems.Add($"{lost} acknowledged writes are lost.");
        var result = Linearizability.Check(
            new StoreModel(), Relevant(history), static call => call.Key, ConfigurationsMax);
        if (result.Judgement != Judgement.Linearizable)
            problems.Add($"The history of key {result.Reason ?? "(undecided)"} is {result.Judgement}.");
        return new LoadFindings(acknowledged.Count, lost, problems);
    }

    /// <summary>
    /// Acknowledged writes that a later one did not replace: what was found was acknowledged before they began.
    /// </summary>
    private static int LostOf(IEnumerable<Operation<StoreCall, long>> ofKey, long found)
    {
        var writes = ofKey.Where(call => call.Input.Put is not null).ToList();
        var last = writes.Find(write => write.Input.Put == found)?.ReturnedAt;
        if (found != 0 && last is null) return 0;
        return writes.Count(write => !write.IsPending && (found == 0 || write.CalledAt > last));
    }

    /// <summary>
    /// A write without an answer whose number nobody ever read explains nothing: where it took effect, it was replaced
    /// unseen. Without it, and without reads that had no answer, the search stays small.
    /// </summary>
    private static IEnumerable<Operation<StoreCall, long>> Relevant(IReadOnlyList<Operation<StoreCall, long>> history)
    {
        var seen = history.Where(call => call is { IsPending: false, Input.Put: null })
            .Select(call => call.Output).ToHashSet();
        return history.Where(call => !call.IsPending || (call.Input.Put is { } value && seen.Contains(value)));
    }
}
