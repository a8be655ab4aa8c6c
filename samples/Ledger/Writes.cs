using Holdfast.Primitives;

namespace Holdfast.Ledger;

/// <summary>One write, and the epoch under which its writer believes to own the account.</summary>
/// <param name="Key">The account.</param>
/// <param name="Epoch">From here on nothing passes under a lower one.</param>
/// <param name="Balance">
/// The new balance. Absent: it stays, and is answered. That is how a new owner begins: first the gate closes behind the
/// old one, then the balance is read, so no write of the old owner comes after what was read.
/// </param>
public sealed record LedgerWrite(string Key, string Epoch, long? Balance = null);

/// <summary>Writes of one writer, carried out in this order.</summary>
public sealed record WriteRequest(string Writer, IReadOnlyList<LedgerWrite> Writes)
{
    /// <summary>What is wrong with it and what would be legal; null when nothing is.</summary>
    public string? Problem(int writesMax)
    {
        if (!NodeId.IsLegal(Writer ?? "")) return $"writer is '{Writer}'; 1 to 128 of A-Z a-z 0-9 . _ - are wanted.";
        if (Writes is not { Count: > 0 } || Writes.Count > writesMax)
            return $"writes has {Writes?.Count ?? 0}; 1 to {writesMax} are wanted.";
        foreach (var write in Writes)
        {
            if (!GrainId.TryParse(write?.Key, out _))
                return $"'{write?.Key}' is no key; type/key of a grain is wanted, such as account/east-0001.";
            if (!Epoch.TryParse(write.Epoch, out _))
                return $"'{write.Epoch}' is no epoch; 16 hex digits, '-', 16 hex digits are wanted.";
        }

        return null;
    }
}

/// <summary>A write that was refused, and the highest epoch the ledger has seen for its key.</summary>
public sealed record RefusedWrite(string Key, string Epoch, string Highest);

/// <summary>What came of the writes.</summary>
/// <param name="Accepted">How many passed.</param>
/// <param name="Refused">Which did not.</param>
/// <param name="Balances">The balance by key, of those that passed without one.</param>
public sealed record WriteAnswer(
    int Accepted, IReadOnlyList<RefusedWrite> Refused, IReadOnlyDictionary<string, long> Balances);

/// <summary>What an account holds, and who wrote it last.</summary>
public sealed record LedgerEntry(string Key, long Balance, string Writer, string Epoch);

/// <summary>What one writer's writes came to since the ledger started.</summary>
public sealed record WriterTotals(long Accepted, long Refused);

/// <summary>What all writes came to since the ledger started.</summary>
/// <param name="Accepted">Writes that passed.</param>
/// <param name="Refused">Writes under a lower epoch than the highest seen.</param>
/// <param name="SharedEpochs">Writes of a second writer under the epoch of another: epochs are unique, so none.</param>
/// <param name="Writers">The same by writer.</param>
public sealed record LedgerTotals(
    long Accepted, long Refused, long SharedEpochs, IReadOnlyDictionary<string, WriterTotals> Writers);
