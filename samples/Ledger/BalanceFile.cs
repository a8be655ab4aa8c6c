using System.Globalization;
using System.Text;

namespace Holdfast.Ledger;

/// <summary>
/// Balances in a file of lines (<c>epoch balance writer key</c>), the newest of a key counts. It is written anew
/// without the older ones at opening, and when they have become many.
/// </summary>
public sealed class BalanceFile : IDisposable
{
    private const int LinesMin = 50_000;
    private const int LinesPerKeyMax = 4;

    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LedgerEntry> _newest;
    private FileStream _file;
    private long _lines;

    private BalanceFile(string path, Dictionary<string, LedgerEntry> newest)
    {
        (_path, _newest) = (path, newest);
        _file = Rewritten();
    }

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="FormatException">A line that is not the last has another shape.</exception>
    public static BalanceFile Open(string path, out IReadOnlyDictionary<string, LedgerEntry> entries)
    {
        var newest = File.Exists(path) ? Read(File.ReadAllText(path)) : new(StringComparer.Ordinal);
        entries = new Dictionary<string, LedgerEntry>(newest, StringComparer.Ordinal);
        return new BalanceFile(path, newest);
    }

    public void Append(LedgerEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (_gate)
        {
            _newest[entry.Key] = entry;
            _file.Write(Line(entry));
            _lines++;
        }
    }

    /// <summary>Returns when everything appended is on the disk.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            _file.Flush(flushToDisk: true);
            if (_lines < LinesMin || _lines < LinesPerKeyMax * (long)_newest.Count) return;
            _file.Dispose();
            _file = Rewritten();
        }
    }

    public void Dispose() => _file.Dispose();

    private FileStream Rewritten()
    {
        var fresh = _path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write))
        {
            foreach (var entry in _newest.Values) file.Write(Line(entry));
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, _path, overwrite: true);
        _lines = _newest.Count;
        return new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    private static byte[] Line(LedgerEntry entry) => Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{entry.Epoch} {entry.Balance} {entry.Writer} {entry.Key}\n"));

    private static Dictionary<string, LedgerEntry> Read(string text)
    {
        var entries = new Dictionary<string, LedgerEntry>(StringComparer.Ordinal);
        var lines = text.Split('\n');

        // What follows the last line break is torn, and nobody was told that it is kept.
        for (var i = 0; i < lines.Length - 1; i++)
        {
            if (lines[i].Split(' ', 4) is not [var epoch, var balance, var writer, var key] ||
                !long.TryParse(balance, CultureInfo.InvariantCulture, out var amount))
            {
                throw new FormatException($"Line {i + 1} is not an epoch, a balance, a writer, a key: '{lines[i]}'.");
            }

            entries[key] = new LedgerEntry(key, amount, writer, epoch);
        }

        return entries;
    }
}
