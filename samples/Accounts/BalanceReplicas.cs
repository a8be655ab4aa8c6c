using System.Collections.Concurrent;
using Holdfast.Client;
using Holdfast.Primitives;

namespace Holdfast.Accounts;

/// <summary>A copy of all balances, as one slot of a group keeps it.</summary>
internal sealed record Replica(string Epoch, int Accounts);

/// <summary>
/// What this program does with a slot that its node is given: it keeps a copy of the ledger's balances, made anew from
/// the ledger at the start and followed from then on. It counts as running once it has everything.
/// </summary>
internal sealed class BalanceReplicas(LedgerClient ledger, AccountsOptions options, TimeProvider time) : ISlotProgram
{
    private readonly ConcurrentDictionary<SlotId, Following> _running = new();

    /// <summary>The copies that run, by slot.</summary>
    public IReadOnlyDictionary<string, Replica> Running => _running.ToDictionary(
        running => running.Key.ToString(),
        running => new Replica(running.Value.Run.Epoch.ToString(), running.Value.Balances.Count),
        StringComparer.Ordinal);

    public async Task StartAsync(SlotRun run, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(run);
        var following = new Following(run, await ledger.BalancesAsync(cancel));
        _running[run.Slot] = following;
        following.Task = FollowAsync(following);
    }

    public async Task StopAsync(SlotRun run, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(run);

        // Not there: its start failed or was cancelled.
        if (!_running.TryRemove(run.Slot, out var following)) return;
        await following.Stopping.CancelAsync();
        await following.Task;
        following.Stopping.Dispose();
    }

    private async Task FollowAsync(Following following)
    {
        using var timer = new PeriodicTimer(options.WriteInterval, time);
        var stop = following.Stopping.Token;
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                // A ledger that cannot be reached leaves the copy as old as it is.
                if (await ledger.TryBalancesAsync(stop) is { } balances) following.Balances = balances;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
    }

    private sealed class Following(SlotRun run, IReadOnlyDictionary<string, long> balances)
    {
        public SlotRun Run { get; } = run;

        public CancellationTokenSource Stopping { get; } = new();

        public IReadOnlyDictionary<string, long> Balances { get; set; } = balances;

        public Task Task { get; set; } = Task.CompletedTask;
    }
}
