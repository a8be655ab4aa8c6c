using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Holdfast.Client.AspNetCore;
using Holdfast.Client.Handoff;
using Holdfast.Primitives;

namespace Holdfast.Counter;

/// <summary>
/// The counter as the data of a daemon. Changes wait in a queue and are written together, so that one flush serves all
/// that came while the disk was busy; none is acknowledged before it is on the disk.
/// </summary>
internal sealed class CounterData(
    KestrelDaemonOptions daemon, CounterOptions options, Action<FileStream> flush) : IDaemonData
{
    private const int WaitingMax = 10_000;

    private volatile Writer? _writer;

    // In a box, since an epoch is wider than what is written at once.
    private volatile StrongBox<Epoch> _epoch = new(Epoch.None);

    public CounterData(KestrelDaemonOptions daemon, CounterOptions options)
        : this(daemon, options, file => file.Flush(flushToDisk: true))
    {
    }

    /// <summary>The newest state; null while the data is not open.</summary>
    public CounterEntry? Current => _writer?.File.Last;

    /// <summary>Whether it can be read and written.</summary>
    public bool IsOpen => _writer is { Failure: null };

    /// <summary>Adds to the counter.</summary>
    /// <exception cref="CounterClosedException">Nothing is written here now.</exception>
    /// <exception cref="CounterFencedException">Another process writes under a newer epoch.</exception>
    public Task<CounterEntry> AddAsync(long amount) =>
        _writer is { } writer ? writer.AddAsync(amount) : throw new CounterClosedException();

    public async Task<OpenedData> OpenAsync(Epoch epoch, CancellationToken cancel)
    {
        await CloseAsync();
        System.IO.Directory.CreateDirectory(daemon.DataDirectory);
        var file = new CounterFile(daemon.DataDirectory, flush);
        _epoch = new StrongBox<Epoch>(epoch);
        _writer = new Writer(file, () => _epoch.Value);
        return new OpenedData(file.Revisions, file.Fingerprint);
    }

    public async Task<SealedData> SealAsync(IProgress<SealedShards> progress, CancellationToken cancel)
    {
        if (_writer is not { } writer) throw new SealFailedException("the counter is not open", "nothing was sealed");
        _writer = null;
        await writer.CloseAsync();
        if (writer.Failure is { } failure)
        {
            throw new SealFailedException(
                $"an earlier write failed: {failure.Message}", "nobody knows what is written");
        }

        progress.Report(new SealedShards(0, 1, writer.File.Last.Revision));
        if (options.SealPause > TimeSpan.Zero) await Task.Delay(options.SealPause, cancel);
        return new SealedData(writer.File.Revisions, writer.Fingerprint);
    }

    public Task AdoptAsync(Epoch epoch, CancellationToken cancel)
    {
        _epoch = new StrongBox<Epoch>(epoch);
        return Task.CompletedTask;
    }

    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _writer, null) is { } writer) await writer.CloseAsync();
    }

    /// <summary>One opening of the file, with the loop that writes to it.</summary>
    private sealed class Writer
    {
        private readonly Func<Epoch> _epoch;
        private readonly Task _writing;
        private volatile Exception? _failure;
        private readonly Channel<Change> _waiting = Channel.CreateBounded<Change>(
            new BoundedChannelOptions(WaitingMax) { SingleReader = true });

        public Writer(CounterFile file, Func<Epoch> epoch)
        {
            (File, _epoch) = (file, epoch);
            Fingerprint = file.Fingerprint;
            _writing = Task.Run(WriteAsync);
        }

        public CounterFile File { get; }

        /// <summary>Why nothing more is written; null while all is well.</summary>
        public Exception? Failure => _failure;

        /// <summary>Of what was there when the writing ended.</summary>
        public Handoff.Wire.DataFingerprint Fingerprint { get; private set; }

        public async Task<CounterEntry> AddAsync(long amount)
        {
            var change = new Change(amount, new(TaskCreationOptions.RunContinuationsAsynchronously));
            if (!_waiting.Writer.TryWrite(change)) throw new CounterClosedException();
            return await change.Done.Task;
        }

        /// <summary>Writes what waits, and nothing after it.</summary>
        public async Task CloseAsync()
        {
            _waiting.Writer.TryComplete();
            await _writing;
        }

        private async Task WriteAsync()
        {
            var batch = new List<Change>();
            while (await _waiting.Reader.WaitToReadAsync())
            {
                batch.Clear();
                while (_waiting.Reader.TryRead(out var change)) batch.Add(change);
                Write(batch);
            }

            Fingerprint = File.Fingerprint;
            File.Dispose();
        }

        private void Write(List<Change> batch)
        {
            if (_failure is { } failure)
            {
                Fail(batch, failure);
                return;
            }

            try
            {
                var entries = File.TryAdd(batch.Select(change => change.Amount), _epoch());
                for (var i = 0; i < batch.Count; i++)
                {
                    if (entries is null) batch[i].Done.SetException(new CounterFencedException());
                    else batch[i].Done.SetResult(entries[i]);
                }
            }
            catch (Exception e)
            {
                // Nobody knows what is on the disk, so nothing is written after it until the file is opened again.
                _failure = e;
                _waiting.Writer.TryComplete();
                Fail(batch, e);
            }
        }

        private static void Fail(List<Change> batch, Exception why)
        {
            foreach (var change in batch) change.Done.TrySetException(why);
        }

        private sealed record Change(long Amount, TaskCompletionSource<CounterEntry> Done);
    }
}

/// <summary>The data is not open here: before a turn, or after a seal.</summary>
internal sealed class CounterClosedException() : Exception("The counter is not open in this process.");

/// <summary>A newer process has written: this one must not any more.</summary>
internal sealed class CounterFencedException() : Exception("Another process writes the counter under a newer epoch.");
