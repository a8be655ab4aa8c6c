namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>Waits for a round; whatever comes of it is a report.</summary>
/// <param name="Broken">Fails when a passage breaks, which no round outlives.</param>
/// <param name="Patience">How long a round may take.</param>
/// <param name="Explain">Makes the report of a round that did not come to its end.</param>
internal sealed record RoundWatch(Task Broken, TimeSpan Patience, Func<Exception, Task<RoundReport>> Explain)
{
    /// <param name="running">The round; it may go on after this.</param>
    /// <param name="cancel">Gives up, without a report.</param>
    public async Task<RoundReport> ReportAsync(Task<RoundReport> running, CancellationToken cancel)
    {
        try
        {
            var first = await Task.WhenAny(running, Broken).WaitAsync(Patience, cancel);
            await first;
            return await running;
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            return await Explain(running.IsCompleted || Broken.IsCompleted
                ? failure
                : new TimeoutException($"The round did not end within {Patience}.", failure));
        }
    }
}
