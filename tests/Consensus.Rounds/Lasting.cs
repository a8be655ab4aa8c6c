namespace Holdfast.Consensus.Rounds;

/// <summary>Time that belongs to the story itself: how long a fault lasts, how often a client calls.</summary>
internal static class Lasting
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    public static async Task ForAsync(TimeSpan time, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync(cancel);
    }

    /// <summary>Asks again and again, where another process tells nobody that something has changed.</summary>
    /// <param name="what">What is awaited, for the message when it does not come.</param>
    /// <param name="patience">How long to go on.</param>
    /// <param name="holds">The question.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public static Task UntilAsync(
        string what, TimeSpan patience, Func<CancellationToken, Task<bool>> holds, CancellationToken cancel) =>
        UntilAsync(() => what, patience, holds, cancel);

    /// <summary>The same where the message has what was said until then.</summary>
    /// <inheritdoc cref="UntilAsync(string, TimeSpan, Func{CancellationToken, Task{bool}}, CancellationToken)"/>
    public static async Task UntilAsync(
        Func<string> what, TimeSpan patience, Func<CancellationToken, Task<bool>> holds, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(patience);
        using var timer = new PeriodicTimer(Pace);
        try
        {
            while (!await holds(deadline.Token)) await timer.WaitForNextTickAsync(deadline.Token);
        }
        catch (OperationCanceledException late) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"Not seen within {patience.TotalSeconds} s: {what()}.", late);
        }
    }
}
