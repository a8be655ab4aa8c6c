using Holdfast.Client;

namespace Holdfast.Accounts;

/// <summary>
/// Counts, and writes what was counted. While the ledger cannot be reached the writes wait, in order; they are sent
/// afterwards as they were made, under the epochs of then, and it is the ledger that says what they are worth.
/// </summary>
internal sealed class LedgerWriter(
    AccountBook book,
    LedgerClient ledger,
    GrainKeeper keeper,
    AccountsOptions options,
    TimeProvider time,
    ILogger<LedgerWriter> logger) : BackgroundService
{
    private volatile string? _trouble;

    /// <summary>Why the ledger could not be written to last; null when it could.</summary>
    public string? Trouble => _trouble;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.WriteInterval, time);
        try
        {
            do
            {
                book.Tick(keeper.TryServe);
                await SendAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task SendAsync(CancellationToken cancel)
    {
        try
        {
            while (book.Next(LedgerClient.WritesPerRequestMax) is { Count: > 0 } writes)
            {
                var refusals = await ledger.WriteAsync(writes, cancel);
                foreach (var dropped in book.Sent(writes.Count, refusals))
                {
                    Log.Dropped(logger, dropped.Account.ToString(), dropped.Epoch.ToString());

                    // Not awaited: what it waits for may be a drain, which waits for this loop.
                    _ = keeper.RefusedAsync(dropped.Account, dropped.Epoch, cancel);
                }

                Telemetry.Wrote(writes.Count - refusals.Count, refusals.Count);
            }

            if (_trouble is not null) Log.LedgerBack(logger);
            _trouble = null;
        }
        catch (Exception failure) when (LedgerClient.IsOfTheNetwork(failure, cancel))
        {
            if (_trouble is null) Log.LedgerGone(logger, failure.Message);
            _trouble = failure.Message;
        }
    }
}
