namespace Holdfast.Handoff.Service.Tests.World;

/// <summary>
/// Waits for something that is only seen by looking; says what did not come, and what was seen instead.
/// </summary>
internal static class Until
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static async Task<T> SeesAsync<T>(string what, Func<CancellationToken, Task<T>> look, Func<T, bool> fits)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        using var timer = new PeriodicTimer(Pause);
        object? seen = null;
        try
        {
            while (true)
            {
                try
                {
                    var found = await look(deadline.Token);
                    if (fits(found)) return found;
                    seen = found;
                }
                catch (HttpRequestException failure)
                {
                    seen = failure.Message;
                }

                await timer.WaitForNextTickAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"Not within {Patience}: {what}. Seen last: {seen}", late);
        }
    }
}
