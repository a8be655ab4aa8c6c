using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// Runs what is to be done with grains: of one grain one after another, of all a bounded number at once.
/// </summary>
internal sealed class GrainTurns(int atOnceMax) : IDisposable
{
    private readonly SemaphoreSlim _places = new(atOnceMax, atOnceMax);
    private readonly Lock _gate = new();

    // Invariant: the last turn of each grain that has one which is not over.
    private readonly Dictionary<GrainId, Task> _last = [];

    /// <summary>Takes a turn after those of the same grain that were asked for before.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="turn">What to do; the task returned fails as it does, later turns begin all the same.</param>
    public Task TakeAsync(GrainId grain, Func<Task> turn)
    {
        lock (_gate)
        {
            var taken = RunAsync(_last.GetValueOrDefault(grain, Task.CompletedTask), turn);
            _last[grain] = taken;
            _ = taken.ContinueWith(
                Forget, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return taken;
        }

        void Forget(Task taken)
        {
            lock (_gate)
            {
                if (_last.GetValueOrDefault(grain) == taken) _last.Remove(grain);
            }
        }
    }

    /// <summary>Completes when every turn that was asked for so far is over.</summary>
    public Task WhenOverAsync()
    {
        lock (_gate)
        {
            return Task.WhenAll(_last.Values.Select(
                async taken => await taken.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing)));
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task RunAsync(Task before, Func<Task> turn)
    {
        // The caller's own work goes on; and what a turn does may ask for the next one.
        await Task.Yield();
        await before.ConfigureAwait(Aside.Quietly);
        await _places.WaitAsync();
        try
        {
            await turn();
        }
        finally
        {
            _places.Release();
        }
    }
}
