using System.Collections.Concurrent;
using Holdfast.Client;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Ledger;

/// <summary>
/// The balances behind their gate. The gate is all the ledger knows of Holdfast: it asks nobody who is alive and who is
/// not, and lets a write pass unless it has seen a higher epoch for the account. Both survive a restart.
/// </summary>
public sealed class GuardedBook : IDisposable
{
    private const string EpochsFile = "epochs";
    private const string BalancesFile = "balances";

    private readonly FileEpochStore _epochs;
    private readonly BalanceFile _balances;
    private readonly EpochGate _gate;
    private readonly ConcurrentDictionary<string, LedgerEntry> _entries;
    private readonly ConcurrentDictionary<string, WriterTotals> _writers = new(StringComparer.Ordinal);
    private long _sharedEpochs;

    /// <exception cref="WrongConfigurationException">The folder cannot be used; the message says why.</exception>
    public GuardedBook(LedgerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            var folder = System.IO.Directory.CreateDirectory(options.DataDirectory).FullName;
            _epochs = new FileEpochStore(Path.Combine(folder, EpochsFile));
            _balances = BalanceFile.Open(Path.Combine(folder, BalancesFile), out var entries);
            _entries = new ConcurrentDictionary<string, LedgerEntry>(entries, StringComparer.Ordinal);
            _gate = new EpochGate(_epochs);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new WrongConfigurationException(
                $"Ledger:DataDirectory is '{options.DataDirectory}'; wanted is a folder that can be written. " +
                unusable.Message);
        }
    }

    public IReadOnlyCollection<LedgerEntry> Entries =>
        [.. _entries.Values.OrderBy(entry => entry.Key, StringComparer.Ordinal)];

    public LedgerTotals Totals
    {
        get
        {
            var writers = new SortedDictionary<string, WriterTotals>(_writers, StringComparer.Ordinal);
            return new LedgerTotals(
                writers.Values.Sum(writer => writer.Accepted),
                writers.Values.Sum(writer => writer.Refused),
                Interlocked.Read(ref _sharedEpochs),
                writers);
        }
    }

    public LedgerEntry? Find(string key) => _entries.GetValueOrDefault(key);

    /// <summary>Carries out what the gate lets pass; returns when that is on the disk.</summary>
    public WriteAnswer Write(WriteRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var refused = new List<RefusedWrite>();
        var balances = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var write in request.Writes)
        {
            var answer = _gate.Guard(
                write.Key, Epoch.Parse(write.Epoch), () => Keep(request.Writer, write), out var kept);
            if (!answer.Passed) refused.Add(new RefusedWrite(write.Key, write.Epoch, answer.Highest.ToString()));
            else if (write.Balance is null) balances[write.Key] = kept!.Balance;
        }

        var accepted = request.Writes.Count - refused.Count;
        if (accepted > 0) _balances.Flush();
        _writers.AddOrUpdate(
            request.Writer,
            _ => new WriterTotals(accepted, refused.Count),
            (_, so) => new WriterTotals(so.Accepted + accepted, so.Refused + refused.Count));
        Telemetry.Wrote(accepted, refused.Count);
        return new WriteAnswer(accepted, refused, balances);
    }

    public void Dispose()
    {
        _balances.Dispose();
        _epochs.Dispose();
    }

    private LedgerEntry Keep(string writer, LedgerWrite write)
    {
        var before = Find(write.Key);
        if (before is not null && before.Epoch == write.Epoch && before.Writer != writer)
            Interlocked.Increment(ref _sharedEpochs);
        var entry = new LedgerEntry(write.Key, write.Balance ?? before?.Balance ?? 0, writer, write.Epoch);
        _balances.Append(entry);
        return _entries[write.Key] = entry;
    }
}
