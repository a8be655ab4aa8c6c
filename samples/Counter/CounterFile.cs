using System.Security.Cryptography;
using System.Text;
using Holdfast.Client;
using Holdfast.Handoff.Wire;
using Holdfast.Primitives;

namespace Holdfast.Counter;

/// <summary>
/// The counter on disk: a file that only grows, one line for each change, behind a gate that refuses lower epochs than
/// the highest that ever wrote. Used by one thread at a time.
/// </summary>
internal sealed class CounterFile : IDisposable
{
    private const string Key = "counter";
    private readonly FileEpochStore _epochs;
    private readonly EpochGate _gate;
    private readonly FileStream _file;
    private readonly Action<FileStream> _flush;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <param name="directory">Where it lies.</param>
    /// <param name="flush">How what was written comes onto the disk.</param>
    /// <exception cref="InvalidDataException">A line that is not the last is broken.</exception>
    public CounterFile(string directory, Action<FileStream> flush)
    {
        _flush = flush;
        _epochs = new FileEpochStore(Path.Combine(directory, "epochs"));
        _gate = new EpochGate(_epochs);
        _file = new FileStream(
            Path.Combine(directory, "counter.log"),
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.Read,
            bufferSize: 0); // Else a write that failed would be tried again when the file is closed.
        try
        {
            Read();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether a write failed: nobody knows what is on the disk, and nothing more is written.</summary>
    public bool HasFailed { get; private set; }

    public CounterEntry Last { get; private set; } = new(0, Epoch.None, 0);

    public Revisions Revisions => new(Last.Revision);

    public DataFingerprint Fingerprint => new(_hash.GetCurrentHash());

    /// <summary>
    /// Adds each amount and returns when all are on the disk; null where the epoch is too low, and then nothing was
    /// written.
    /// </summary>
    /// <exception cref="IOException">The disk failed; nobody knows what is on it.</exception>
    public IReadOnlyList<CounterEntry>? TryAdd(IEnumerable<long> amounts, Epoch epoch) =>
        _gate.Guard(Key, epoch, () => Append(amounts, epoch), out var entries).Passed ? entries : null;

    public void Dispose()
    {
        _file.Dispose();
        _epochs.Dispose();
        _hash.Dispose();
    }

    private List<CounterEntry> Append(IEnumerable<long> amounts, Epoch epoch)
    {
        if (HasFailed) throw new IOException($"An earlier write to '{_file.Name}' failed.");
        var last = Last;
        var entries = new List<CounterEntry>();
        using var lines = new MemoryStream();
        foreach (var amount in amounts)
        {
            last = new CounterEntry(last.Revision + 1, epoch, unchecked(last.Value + amount));
            entries.Add(last);
            lines.Write(last.ToLine());
        }

        var bytes = lines.ToArray();
        HasFailed = true;
        _file.Write(bytes);
        _flush(_file);
        HasFailed = false;
        _hash.AppendData(bytes);
        Last = last;
        return entries;
    }

    /// <summary>Reads what is there, and cuts off a torn last line, which nobody was told of.</summary>
    private void Read()
    {
        var whole = 0L;
        using (var reader = new StreamReader(_file, Encoding.ASCII, leaveOpen: true))
        {
            while (reader.ReadLine() is { } line)
            {
                var length = line.Length + 1;
                var isTorn = whole + length > _file.Length;
                if (CounterEntry.Parse(line) is not { } entry || isTorn || entry.Revision != Last.Revision + 1)
                {
                    if (reader.ReadLine() is null) break;
                    throw new InvalidDataException($"'{_file.Name}' is broken at byte {whole}.");
                }

                Last = entry;
                whole += length;
                _hash.AppendData(entry.ToLine());
            }
        }

        _file.SetLength(whole);
        _file.Seek(0, SeekOrigin.End);
    }
}
