using Holdfast.Primitives;

namespace Holdfast.Accounts;

/// <summary>An account this program owns: the epoch it owns it under, and the balance as it knows it.</summary>
public sealed record OwnedAccount(Epoch Epoch, long Balance);

/// <summary>A write that waits for the ledger.</summary>
public sealed record PendingWrite(GrainId Account, Epoch Epoch, long Balance);

/// <summary>A write that the ledger refused, for it has seen a higher epoch.</summary>
public sealed record Refusal(GrainId Account, Epoch Epoch);

/// <summary>What became of all writes since the program started.</summary>
public sealed record BookTotals(long Sent, long Refused, long Dropped);

/// <summary>Whether an account may be counted on now, and under which epoch.</summary>
public delegate bool TryServe(GrainId account, out Epoch epoch);

/// <summary>
/// What this program owns and has not written yet. It goes on owning through the loss of its session and of its
/// network, until the directory or the ledger, by refusing a write, tells that somebody else does. Thread-safe.
/// </summary>
public sealed class AccountBook(int unsentMax)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<GrainId, OwnedAccount> _owned = [];
    private readonly List<PendingWrite> _unsent = [];
    private TaskCompletionSource _sent = NewSignal();
    private BookTotals _totals = new(0, 0, 0);

    public IReadOnlyDictionary<GrainId, OwnedAccount> Owned
    {
        get
        {
            lock (_gate) return new SortedDictionary<GrainId, OwnedAccount>(_owned);
        }
    }

    public int Unsent
    {
        get
        {
            lock (_gate) return _unsent.Count;
        }
    }

    public BookTotals Totals
    {
        get
        {
            lock (_gate) return _totals;
        }
    }

    /// <summary>Owns an account from now on; the balance it has itself counts where it is higher.</summary>
    public void Take(GrainId account, Epoch epoch, long balance)
    {
        lock (_gate)
        {
            if (_owned.TryGetValue(account, out var owned))
            {
                if (owned.Epoch >= epoch) return;
                balance = Math.Max(balance, owned.Balance);
            }

            _owned[account] = new OwnedAccount(epoch, balance);
        }
    }

    /// <summary>Does not own an account any more, unless it was claimed anew meanwhile.</summary>
    public void Lose(GrainId account, Epoch upTo)
    {
        lock (_gate) DropLocked(account, upTo);
    }

    /// <summary>
    /// Adds one to every balance that may be served and wants it written; nothing while too many writes wait.
    /// </summary>
    public void Tick(TryServe tryServe)
    {
        ArgumentNullException.ThrowIfNull(tryServe);
        lock (_gate)
        {
            if (_unsent.Count + _owned.Count > unsentMax) return;
            foreach (var (account, owned) in _owned.ToList())
            {
                // Asked within the lock: what is drained from here on finds this write waiting.
                if (!tryServe(account, out var epoch) || epoch != owned.Epoch) continue;
                _owned[account] = owned with { Balance = owned.Balance + 1 };
                _unsent.Add(new PendingWrite(account, owned.Epoch, owned.Balance + 1));
            }
        }
    }

    /// <summary>The oldest writes that wait; they go on waiting until <see cref="Sent"/>.</summary>
    public IReadOnlyList<PendingWrite> Next(int writesMax)
    {
        lock (_gate) return _unsent.GetRange(0, Math.Min(writesMax, _unsent.Count));
    }

    /// <summary>Completes when no write of an account waits.</summary>
    public async Task WhenSentAsync(GrainId account, CancellationToken cancel)
    {
        while (IsWaiting(account, out var sent)) await sent.WaitAsync(cancel);
    }

    /// <summary>
    /// The ledger answered for the oldest writes. An account it refused is not owned any more, unless it was claimed
    /// anew meanwhile.
    /// </summary>
    /// <returns>The accounts that are not owned any more.</returns>
    public IReadOnlyList<Refusal> Sent(int writes, IReadOnlyList<Refusal> refusals)
    {
        ArgumentNullException.ThrowIfNull(refusals);
        lock (_gate)
        {
            _unsent.RemoveRange(0, writes);
            List<Refusal> dropped = [.. refusals.Where(refusal => DropLocked(refusal.Account, refusal.Epoch))];
            _totals = new BookTotals(
                _totals.Sent + writes - refusals.Count,
                _totals.Refused + refusals.Count,
                _totals.Dropped + dropped.Count);
            _sent.SetResult();
            _sent = NewSignal();
            return dropped;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool DropLocked(GrainId account, Epoch upTo) =>
        _owned.TryGetValue(account, out var owned) && owned.Epoch <= upTo && _owned.Remove(account);

    /// <summary>Whether a write of an account waits, and when the ledger answers next.</summary>
    private bool IsWaiting(GrainId account, out Task sent)
    {
        lock (_gate)
        {
            sent = _sent.Task;
            return _unsent.Exists(write => write.Account == account);
        }
    }
}
