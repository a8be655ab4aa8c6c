using System.Buffers;
using System.Diagnostics;
using Holdfast.Consensus.Protocol;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What came of the work with snapshots; each returns at once.</summary>
internal sealed record SnapshotEvents(
    Action<SnapshotInfo> Saved,
    Action<RaftInput.ChunkRead> Read,
    Action<Exception> Failed);

/// <summary>
/// Saves and reads snapshots off the loop and off the writer of the log, so that neither waits for a large file.
/// </summary>
internal sealed class Snapshots(
    FileSnapshotStore store, SnapshotEvents events, RaftTelemetry telemetry, ILogger logger)
{
    private readonly TaskGroup _tasks = new();

    /// <summary>Writes a captured state; the applier goes on meanwhile.</summary>
    public void Save(SnapshotMark mark, Action<IBufferWriter<byte>> write) => Begin(() =>
    {
        var started = Stopwatch.GetTimestamp();
        var snapshot = SaveNow(mark, write);
        var took = Stopwatch.GetElapsedTime(started);
        telemetry.SnapshotTaken(took, snapshot.Bytes);
        Log.SnapshotTaken(logger, snapshot.Index, snapshot.Bytes, took.TotalMilliseconds);
        events.Saved(snapshot);
    });

    /// <summary>Reads the part that goes to a follower next.</summary>
    public void Read(ChunkQuestion question) => Begin(() => events.Read(new RaftInput.ChunkRead(
        question.To,
        question.Snapshot,
        question.Offset,
        store.TryRead(question.Snapshot, question.Offset, question.BytesMax))));

    /// <summary>Gives a state machine the state of a snapshot, in the place of its own.</summary>
    /// <returns>False when a leader's newer one took its place: the state machine is where it was.</returns>
    public bool Restore(SnapshotInfo snapshot, IStateMachine machine)
    {
        var started = Stopwatch.GetTimestamp();

        // The newer one is restored next, and nothing applied before.
        if (store.TryReadAll(snapshot) is not { } content) return false;
        machine.Restore(content);
        telemetry.SnapshotRestored();
        Log.SnapshotRestored(
            logger, snapshot.Index, snapshot.Bytes, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return true;
    }

    private SnapshotInfo SaveNow(SnapshotMark mark, Action<IBufferWriter<byte>> write)
    {
        try
        {
            return store.Save(mark, write);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SnapshotFailedException(mark.Index, failure);
        }
    }

    /// <summary>Waits for what was begun; nothing is begun any more.</summary>
    public Task StopAsync() => _tasks.StopAsync();

    private void Begin(Action work) => _tasks.Begin(() =>
    {
        try
        {
            work();
        }
        catch (Exception failure)
        {
            events.Failed(failure);
        }
    });
}
