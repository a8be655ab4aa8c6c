using Holdfast.Client;

namespace Holdfast.Standalone.Local;

/// <summary>Something that was waited for did not happen.</summary>
internal sealed class NotInTimeException(string what, TimeSpan waited)
    : Exception($"{what} did not happen within {waited.TotalSeconds:0} s.");

/// <summary>Waits for what other processes do, by asking again and again.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <exception cref="NotInTimeException">It did not become true in time.</exception>
    public static async Task UntilAsync(
        string what, TimeSpan deadline, Func<CancellationToken, Task<bool>> isTrue, CancellationToken cancel)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        late.CancelAfter(deadline);
        try
        {
            while (!await LookAsync(isTrue, late.Token)) await Task.Delay(Pause, late.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new NotInTimeException(what, deadline);
        }
    }

    private static async Task<bool> LookAsync(
        Func<CancellationToken, Task<bool>> isTrue, CancellationToken late)
    {
        try
        {
            return await isTrue(late);
        }
        catch (OperationCanceledException) when (!late.IsCancellationRequested)
        {
            // A call in it had a shorter deadline of its own; the next may be answered.
            return false;
        }
        catch (Exception e) when (e is HttpRequestException or ConsensusUnavailableException)
        {
            // Whoever is asked is not there yet, or is too busy: a machine that starts seven processes at once is.
            return false;
        }
    }
}
