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
    private readonly Action<Envelope> _send;
    private readonly Action<PersistenceNumber> _onPersisted;
    private readonly Action<Exception> _onFailed;
    private readonly Thread _thread;

    private readonly WriteQueue _jobs = new();
    private bool _stopping;

    public LogWriter(
        ILogStore store,
        RaftTelemetry telemetry,
        Action<Envelope> send,
        Action<PersistenceNumber> onPersisted,
        Action<Exception> onFailed)
    {
        (_store, _telemetry, _send, _onPersisted, _onFailed) = (store, telemetry, send, onPersisted, onFailed);
        _thread = new Thread(Run) { IsBackground = true, Name = "raft log writer" };
    }

    public void Start() => _thread.Start();

    /// <summary>Never waits for the disk.</summary>
    public void Enqueue(Persistence? write, ImmutableArray<Envelope> sendAfter)
    {
        if (write is null && sendAfter.IsEmpty) return;
        lock (_jobs)
        {
            _jobs.Add(write, sendAfter);
            Monitor.Pulse(_jobs);
        }
    }

    /// <summary>Writes what is queued, then ends.</summary>
    public void Stop()
    {
        lock (_jobs)
        {
            _stopping = true;
            Monitor.Pulse(_jobs);
        }

        if (_thread.IsAlive) _thread.Join();
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
            _onFailed(failure);
        }
    }

    private bool TryTakeGroup(List<WriteJob> group)
    {
        group.Clear();
        lock (_jobs)
        {
            while (_jobs.Count == 0)
            {
                if (_stopping) return false;
                Monitor.Wait(_jobs);
            }

            _jobs.TakeGroup(group, GroupBytesMax);
            return true;
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
            foreach (var envelope in job.SendAfter) _send(envelope);
        if (writes.Count > 0) _onPersisted(writes[^1].Number);
    }
}
