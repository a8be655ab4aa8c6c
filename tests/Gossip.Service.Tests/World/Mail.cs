namespace Holdfast.Gossip.Service.Tests;

/// <summary>What came, in order; waiting for something ends when it comes, or says what did not.</summary>
internal sealed class Mail<T>
    where T : class
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly List<T> _all = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<T> All
    {
        get
        {
            lock (_gate) return [.. _all];
        }
    }

    public void Post(T item)
    {
        lock (_gate)
        {
            _all.Add(item);
            _next.SetResult();
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>The first that fits, whenever it came.</summary>
    public async Task<T> FirstAsync(Func<T, bool> fits, string what)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_all.Find(item => fits(item)) is { } found) return found;
                next = _next.Task;
            }

            try
            {
                await next.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException($"Not within {Patience}: {what}. Came: {string.Join("; ", All)}", late);
            }
        }
    }
}
