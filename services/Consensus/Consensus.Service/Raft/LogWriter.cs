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

    private readonly ILogStore _store;
    private readonly RaftTelemetry _telemetry;
    private readonly WriterEvents _events;
    private readonly Thread _thread;

    private readonly WriteQueue _jobs = new();
    private readonly Bell _bell = new();
    private bool _stopping;

    public LogWriter(ILogStore store, RaftTelemetry telemetry, WriterEvents events)
    {
        (_store, _telemetry, _events) = (store, telemetry, events);
        _thread = new Thread(Run) { IsBackground = true, Name = "raft log writer" };
    }

    public void Start() => _thread.Start();

    /// <summary>Never waits for the disk.</summary>
    public void Enqueue(Persistence? write, ImmutableArray<Envelope> sendAfter)
    {
        if (write is null && sendAfter.IsEmpty) return;
        bool isAwaited;
        lock (_jobs)
        {
            _jobs.Add(write, sendAfter);
            isAwaited = _bell.IsToRing();
        }

        if (isAwaited) _bell.Ring();
    }

    /// <summary>Writes what is queued, then ends.</summary>
    /// <returns>False when it still writes after that time: a disk that stalls may never let it end.</returns>
    public bool Stop(TimeSpan patience)
    {
        bool isAwaited;
        lock (_jobs)
        {
            _stopping = true;
            isAwaited = _bell.IsToRing();
        }

        if (isAwaited) _bell.Ring();
        return !_thread.IsAlive || _thread.Join(patience);
    }

    private void Run()
    {
        try
        {
            var group = new List<WriteJob>();
            while (TryTakeGroup(group)) WriteGroup(group);
        }
        catch (Exception failure)
        {
            _events.Failed(failure);
        }
    }

    private bool TryTakeGroup(List<WriteJob> group)
    {
        group.Clear();
        while (true)
        {
            lock (_jobs)
            {
                _jobs.TakeGroup(group, GroupBytesMax);
                if (group.Count > 0) return true;
                if (_stopping) return false;
                _bell.WillWait();
            }

            _bell.Wait();
        }
    }

    private void WriteGroup(List<WriteJob> group)
    {
        var writes = group.Where(static job => job.Write is not null).Select(static job => job.Write!).ToList();
        if (writes.Count > 0)
        {
            var started = Stopwatch.GetTimestamp();
            _store.Write(writes);
            _telemetry.Flushed(Stopwatch.GetElapsedTime(started), writes.Sum(static write => write.Entries.Length));
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
