using System.Collections.Immutable;
using System.Diagnostics;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Owns the disk. Everything that waits while it flushes is written with the next flush, so the slower the disk, the
/// larger the groups. What must not be said before it is durable is sent from here, the moment it is.
/// </summary>
internal sealed class LogWriter
{
    // Bounds a group, and with it the time until its first proposal is answered.
    private const long GroupBytesMax = 8 * 1024 * 1024;

    // What another thread writes in passing, at most: so few entries that hardly any wait to go with them, while a
    // flush takes no longer. Who writes reads nothing meanwhile, and what it did not read shares no flush.
    private const int EntriesInPassingMax = 2;
    private static readonly TimeSpan InPassingMax = TimeSpan.FromMilliseconds(5);

    private readonly ILogStore _store;
    private readonly RaftTelemetry _telemetry;
    private readonly WriterEvents _events;
    private readonly Thread _thread;

    private readonly WriteQueue _jobs = new();
    private readonly Bell _bell = new();
    private readonly List<WriteJob> _group = [];
    private bool _stopping;

    // Somebody is at the disk: this one's thread, or another in passing.
    private bool _isBusy;
    private bool _isQuick = true;
    private bool _hasFailed;

    public LogWriter(ILogStore store, RaftTelemetry telemetry, WriterEvents events)
    {
        (_store, _telemetry, _events) = (store, telemetry, events);
        _thread = new Thread(Run) { IsBackground = true, Name = "raft log writer" };
    }

    public void Start() => _thread.Start();

    /// <summary>Leaves it for <see cref="Begin"/>.</summary>
    public void Enqueue(Persistence? write, ImmutableArray<Envelope> sendAfter)
    {
        if (write is null && sendAfter.IsEmpty) return;
        lock (_jobs) _jobs.Add(write, sendAfter);
    }

    /// <summary>
    /// Has written what is queued: here, on an errand that may, while the disk is quick, and else by the writer's own
    /// thread, which has to wake up for it. Never waits for the disk but on such an errand.
    /// </summary>
    public void Begin(Errand? errand)
    {
        if (errand is { MayWrite: true } && TryTakeInPassing() is { } group)
        {
            errand.Begin();
            if (TryWrite(group)) Leave();
            errand.End();
        }

        WakeIfNeeded();
    }

    /// <summary>Writes what is queued, then ends.</summary>
    /// <returns>False when it still writes after that time: a disk that stalls may never let it end.</returns>
    public bool Stop(TimeSpan patience)
    {
        lock (_jobs) _stopping = true;
        WakeIfNeeded();
        return !_thread.IsAlive || _thread.Join(patience);
    }

    private void Run()
    {
        while (TakeGroup() is { } group)
            if (TryWrite(group)) Leave();
    }

    private List<WriteJob>? TakeGroup()
    {
        while (true)
        {
            lock (_jobs)
            {
                if (_hasFailed || (!_isBusy && _stopping && _jobs.Count == 0)) return null;
                if (!_isBusy && _jobs.Count > 0) return TakeGroupLocked();
                _bell.WillWait();
            }

            _bell.Wait();
        }
    }

    private List<WriteJob>? TryTakeInPassing()
    {
        lock (_jobs)
            return _isBusy || _hasFailed || _stopping || !_isQuick || !_jobs.IsLittle(EntriesInPassingMax)
                ? null
                : TakeGroupLocked();
    }

    private List<WriteJob> TakeGroupLocked()
    {
        _isBusy = true;
        _group.Clear();
        _jobs.TakeGroup(_group, GroupBytesMax);
        return _group;
    }

    /// <summary>Who was at the disk leaves it to others.</summary>
    private void Leave()
    {
        lock (_jobs) _isBusy = false;
    }

    /// <summary>Whoever left something, or leaves the disk, calls this when it goes.</summary>
    private void WakeIfNeeded()
    {
        bool isToRing;
        lock (_jobs)
            isToRing = (_hasFailed || (!_isBusy && (_jobs.Count > 0 || _stopping))) && _bell.IsToRing();
        if (isToRing) _bell.Ring();
    }

    /// <summary>False when it failed: nobody knows what the disk holds, and nobody writes again.</summary>
    private bool TryWrite(List<WriteJob> group)
    {
        try
        {
            WriteGroup(group);
            return true;
        }
        catch (Exception failure)
        {
            lock (_jobs) (_hasFailed, _isBusy) = (true, false);
            WakeIfNeeded();
            _events.Failed(failure);
            return false;
        }
    }

    private void WriteGroup(List<WriteJob> group)
    {
        var writes = group.Where(static job => job.Write is not null).Select(static job => job.Write!).ToList();
        if (writes.Count > 0)
        {
            var started = Stopwatch.GetTimestamp();
            _store.Write(writes);
            var took = Stopwatch.GetElapsedTime(started);
            _isQuick = took <= InPassingMax;
            _telemetry.Flushed(took, writes.Sum(static write => write.Entries.Length));
        }

        foreach (var job in group)
            foreach (var envelope in job.SendAfter) _events.Send(envelope);
        _events.Flush();
        if (writes.Count > 0) _events.Persisted(writes[^1], IsMoreToWrite());
    }

    private bool IsMoreToWrite()
    {
        lock (_jobs) return _jobs.Count > 0;
    }
}

/// <summary>What a <see cref="LogWriter"/> tells; each returns at once.</summary>
/// <param name="Send">What was not to be said before it was durable.</param>
/// <param name="Flush">All of it was said.</param>
/// <param name="Persisted">Everything up to this is durable; more waits to be written, or not.</param>
/// <param name="Failed">Nobody knows what the disk holds.</param>
internal sealed record WriterEvents(
    Action<Envelope> Send,
    Action Flush,
    Action<Persistence, bool> Persisted,
    Action<Exception> Failed);
