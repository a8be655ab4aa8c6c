using Holdfast.Client;
using Holdfast.Directory;

namespace Holdfast.Accounts;

/// <summary>
/// What this program does with the accounts that its keeper holds. An account's state is its balance in the ledger.
/// </summary>
/// <param name="book">What it serves.</param>
/// <param name="ledger">Where balances are, and what refuses an owner that is none any more.</param>
/// <param name="keeper">Made after this, since it calls this.</param>
internal sealed class AccountProgram(AccountBook book, LedgerClient ledger, Lazy<GrainKeeper> keeper) : IGrainProgram
{
    public const string GrainType = "account";

    /// <summary>Closes the ledger to the owner before and goes on from the balance that one left.</summary>
    public async Task LoadAsync(HeldGrain grain, CancellationToken cancel)
    {
        if (await ledger.OpenAsync(grain.Grain, grain.Epoch, cancel) is { } balance)
            book.Take(grain.Grain, grain.Epoch, balance);
        else
            _ = keeper.Value.RefusedAsync(grain.Grain, grain.Epoch, CancellationToken.None);
    }

    /// <summary>Nothing is counted any more; what was counted is in the ledger before it is offered.</summary>
    public Task DrainAsync(HeldGrain grain, CancellationToken cancel) => book.WhenSentAsync(grain.Grain, cancel);

    /// <summary>What waits is sent all the same, under the epoch of then: the ledger says what it is worth.</summary>
    public Task LostAsync(GrainLoss loss, CancellationToken cancel)
    {
        book.Lose(loss.Grain, loss.Epoch);
        return Task.CompletedTask;
    }
}
