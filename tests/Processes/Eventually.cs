using System.Collections;
using Holdfast.Client;
using Holdfast.Directory;

namespace Holdfast.Processes;

/// <summary>Asks another process again and again, where nothing tells when the answer has changed.</summary>
public static class Eventually
{
    /// <summary>Of an answer of many, so many are told when it was not the one awaited.</summary>
    private const int ToldMax = 50;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <summary>The first answer that fits; an attempt that fails is an answer that does not fit.</summary>
    /// <param name="what">What is awaited, for the message when it does not come.</param>
    /// <param name="ask">The question.</param>
    /// <param name="fits">Whether the answer will do.</param>
    /// <param name="patience">How long to go on.</param>
    /// <param name="explain">What else helps when it does not come.</param>
    public static async Task<T> SeesAsync<T>(
        string what,
        Func<CancellationToken, Task<T>> ask,
        Predicate<T> fits,
        TimeSpan patience,
        Func<string>? explain = null)
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
                    last = Told(answer);
                }
                catch (Exception failed) when (IsOfThisAttempt(failed, deadline))
                {
                    last = failed.Message;
                }
            }
            while (await timer.WaitForNextTickAsync(deadline.Token));
        }
        catch (OperationCanceledException late) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"Not seen within {patience.TotalSeconds} s: {what}. Last answer: {last}\n{explain?.Invoke()}", late);
        }

        throw new InvalidOperationException("A timer that nobody disposed of has ended.");
    }

    private static string Told(object? answer) => answer switch
    {
        null => "null",
        string text => text,
        IEnumerable many => "\n  " + string.Join("\n  ", many.Cast<object>().Take(ToldMax)),
        _ => answer.ToString()!,
    };

    private static bool IsOfThisAttempt(Exception failed, CancellationTokenSource deadline) => failed switch
    {
        OperationCanceledException => !deadline.IsCancellationRequested,
        _ => failed is HttpRequestException or ConsensusUnavailableException or DirectoryUnavailableException,
    };
}
