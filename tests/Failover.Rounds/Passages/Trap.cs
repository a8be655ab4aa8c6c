namespace Holdfast.Failover.Rounds.Passages;

/// <summary>
/// Waits for the n-th step of a sweep, whichever process comes to it first. From there on all steps of that process
/// wait on their way, so that whoever set the trap can do something to it between that step and the next.
/// </summary>
/// <param name="after">So many steps of the process pass before the one that springs it.</param>
/// <param name="side">Whether steps are counted as they are asked for, or as they are answered.</param>
internal sealed class Trap(int after, StepSide side)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<SweepStep>> _passed = new(StringComparer.Ordinal);
    private readonly List<SweepStep> _held = [];
    private readonly TaskCompletionSource<bool> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Sprung> _sprung = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _victim;

    /// <summary>The steps that were counted, in order, of the process with the most.</summary>
    public IReadOnlyList<SweepStep> Course
    {
        get
        {
            lock (_lock) return [.. _passed.Values.MaxBy(steps => steps.Count) ?? []];
        }
    }

    /// <summary>Completes when it has sprung.</summary>
    public Task<Sprung> Sprung => _sprung.Task;

    /// <summary>Whether a step may go on; false: it is to be forgotten.</summary>
    public Task<bool> PassAsync(string process, SweepStep step, StepSide passing)
    {
        lock (_lock)
        {
            if (_victim is null && passing == side && Count(process, step) == after)
            {
                _victim = process;
                _sprung.SetResult(new Sprung(process, step, side));
            }

            if (process != _victim || _released.Task.IsCompleted) return Task.FromResult(true);
            _held.Add(step);
            return _released.Task;
        }
    }

    /// <summary>What was held goes on, or is forgotten; what comes later passes.</summary>
    /// <returns>The steps that were held and have no answer yet: what comes of them comes now.</returns>
    public IReadOnlyList<SweepStep> Release(bool goOn)
    {
        lock (_lock)
        {
            SweepStep[] late = [.. _held.Where(step => step.Answer is null)];
            _released.TrySetResult(goOn);
            return late;
        }
    }

    /// <summary>How many steps of the process came before this one.</summary>
    private int Count(string process, SweepStep step)
    {
        if (!_passed.TryGetValue(process, out var passed)) _passed[process] = passed = [];
        passed.Add(step);
        return passed.Count - 1;
    }
}

/// <summary>What a trap caught.</summary>
internal sealed record Sprung(string Process, SweepStep Step, StepSide Side)
{
    public override string ToString() => Side == StepSide.Asked ? $"before {Step}" : $"after {Step}";
}
