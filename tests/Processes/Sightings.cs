namespace Holdfast.Processes;

/// <summary>What was seen so far, in order, and a way to await what has not been seen yet.</summary>
public sealed class Sightings<T>
{
    private readonly Lock _gate = new();
    private readonly List<T> _seen = [];
    private TaskCompletionSource _next = NewPulse();

    public IReadOnlyList<T> All
    {
        get
        {
            lock (_gate) return [.. _seen];
        }
    }

    public void Add(T item)
    {
        TaskCompletionSource pulse;
        lock (_gate)
        {
            _seen.Add(item);
            (pulse, _next) = (_next, NewPulse());
        }

        pulse.SetResult();
    }

    /// <summary>The first that fits, seen before or from now on.</summary>
    public async Task<T> ExpectAsync(string what, Predicate<T> fits, TimeSpan patience)
    {
        var found = await ExpectAsync(what, seen => seen.Any(item => fits(item)), patience);
        return found.First(item => fits(item));
    }

    /// <summary>All that was seen, as soon as that is enough.</summary>
    public async Task<IReadOnlyList<T>> ExpectAsync(
        string what, Predicate<IReadOnlyList<T>> isEnough, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        while (true)
        {
            Task pulse;
            IReadOnlyList<T> seen;
            lock (_gate) (pulse, seen) = (_next.Task, [.. _seen]);
            if (isEnough(seen)) return seen;
            try
            {
                await pulse.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException(
                    $"Not seen within {patience.TotalSeconds} s: {what}. Seen ({seen.Count}):\n"
                    + string.Join('\n', seen.TakeLast(40)),
                    late);
            }
        }
    }

    private static TaskCompletionSource NewPulse() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
