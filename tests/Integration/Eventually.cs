namespace Holdfast.Integration;

/// <summary>Asks another process again and again, where nothing tells when the answer has changed.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <summary>The first answer that fits; an attempt that fails is an answer that does not fit.</summary>
    /// <param name="what">What is awaited, for the message when it does not come.</param>
    /// <param name="ask">The question.</param>
    /// <param name="fits">Whether the answer will do.</param>
    /// <param name="patience">How long to go on.</param>
    public static async Task<T> SeesAsync<T>(
        string what, Func<CancellationToken, Task<T>> ask, Predicate<T> fits, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        using var timer = new PeriodicTimer(Pace);
        var last = "nothing";
        try
        {
            do
            {
                try
                {
                    var answer = await ask(deadline.Token);
                    if (fits(answer)) return answer;
                    last = answer?.ToString() ?? "null";
                }
                catch (HttpRequestException refused)
                {
                    last = refused.Message;
                }
            }
            while (await timer.WaitForNextTickAsync(deadline.Token));
        }
        catch (OperationCanceledException late) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException($"Not seen within {patience.TotalSeconds} s: {what}. Last answer: {last}", late);
        }

        throw new InvalidOperationException("A timer that nobody disposed of has ended.");
    }
}
