using System.Collections.Concurrent;

namespace Holdfast.Hosting;

/// <summary>
/// Work beside a loop. Everything that is begun ends with an input; a bug ends the loop with its exception. It has no
/// bound of its own: what is begun, the core has asked for, and the core asks for so much at a time.
/// </summary>
/// <typeparam name="T">An input of the loop.</typeparam>
/// <param name="post">Brings an answer to the loop; waits for room.</param>
/// <param name="fail">Ends the loop.</param>
public sealed class WorkBeside<T>(Func<T, CancellationToken, ValueTask> post, Action<Exception> fail)
{
    private readonly ConcurrentDictionary<Task, bool> _underWay = [];

    /// <summary>
    /// Begins it, up to where it first waits: a call is on its way before the loop takes its next input, whatever other
    /// threads are about. <paramref name="cancel"/> is the stop of the loop.
    /// </summary>
    public void Begin(Func<Task<T>> work, CancellationToken cancel)
    {
        var task = PostEndAsync(work, cancel);
        _underWay.TryAdd(task, true);
        _ = task.ContinueWith(
            ended => _underWay.TryRemove(ended, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Completes once nothing is under way any more; the loop's stop has cancelled what was.</summary>
    public Task EndAsync() => Task.WhenAll(_underWay.Keys);

    private async Task PostEndAsync(Func<Task<T>> work, CancellationToken cancel)
    {
        try
        {
            await post(await work(), cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return; // The loop has stopped; nobody waits for the answer.
        }
        catch (Exception bug)
        {
            fail(bug);
        }
    }
}
