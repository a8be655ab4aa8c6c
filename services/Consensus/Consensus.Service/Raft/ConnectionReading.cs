namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// The reading of one connection, by a thread that also writes to the disk what it read, and applies it, since then no
/// other has to wake up. Should that take long, as a disk stalls or a state machine hangs, another thread goes on
/// reading: so heartbeats are heard whatever stalls. The first one ends when it is back.
/// </summary>
/// <param name="readOne">Reads and hands on one message; false at the end of the connection.</param>
internal sealed class ConnectionReading(Func<Errand, bool> readOne) : IDisposable
{
    // Who is away at two looks on the same errand is away for longer than this, and for twice as long at most.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Timer? _watch;
    private bool _isWatched;
    private Reader? _reader;
    private long _errandSeen;

    /// <summary>Reads, on a thread of its own, until the connection ends; by then nobody reads any more.</summary>
    public async Task RunAsync()
    {
        _watch = new Timer(_ => Watch());
        Start(_reader = new Reader(this));
        await _ended.Task.ConfigureAwait(false);
    }

    public void Dispose() => _watch?.Dispose();

    private void Start(Reader reader) =>
        new Thread(() => Read(reader)) { IsBackground = true, Name = "raft reader" }.Start();

    private void Read(Reader reader)
    {
        try
        {
            while (readOne(reader))
                if (!IsCurrent(reader)) return;
            _ended.TrySetResult();
        }
        catch (Exception failure)
        {
            _ended.TrySetException(failure);
        }
    }

    private bool IsCurrent(Reader reader)
    {
        lock (_gate) return _reader == reader;
    }

    /// <summary>While there are errands it looks again and again; without any, the next one has it look.</summary>
    private void Watch()
    {
        Reader? next = null;
        lock (_gate)
        {
            var current = _reader!;
            if (current.Errands == _errandSeen)
            {
                if (!current.IsAway)
                {
                    _isWatched = false;
                    return;
                }

                _reader = next = new Reader(this);
            }

            _errandSeen = _reader!.Errands;
        }

        if (next is not null) Start(next);
        _watch!.Change(LookEvery, Timeout.InfiniteTimeSpan);
    }

    /// <summary>One thread that reads, until it was away for too long.</summary>
    private sealed class Reader(ConnectionReading reading) : Errand
    {
        public bool IsAway { get; private set; }

        public long Errands { get; private set; }

        public override bool MayWrite => true;

        public override void Begin()
        {
            bool isToWatch;
            lock (reading._gate)
            {
                Errands++;
                IsAway = true;
                (isToWatch, reading._isWatched) = (!reading._isWatched, true);
            }

            if (isToWatch) reading._watch!.Change(LookEvery, Timeout.InfiniteTimeSpan);
        }

        public override void End()
        {
            lock (reading._gate) IsAway = false;
        }
    }
}
