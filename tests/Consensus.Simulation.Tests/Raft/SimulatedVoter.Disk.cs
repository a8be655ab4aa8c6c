using System.Buffers;
using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <content>What <c>LogWriter</c> and <c>MachineWork</c> do: flushes, snapshots, reading parts of them.</content>
internal sealed partial class SimulatedVoter
{
    // What the disk is at; a crash interrupts it.
    private IReadOnlyList<Persistence> _flushing = [];
    private Action? _saving;
    private bool _isFlushing;

    private void StartFlush()
    {
        if (_isFlushing || _jobs.Count == 0) return;
        _isFlushing = true;
        var group = _jobs.ToList();
        _jobs.Clear();
        _flushing = [.. group.Where(static job => job.Write is not null).Select(static job => job.Write!)];
        After(world.FlushTime(), () => FinishFlush(group));
    }

    private void FinishFlush(List<(Persistence? Write, ImmutableArray<Envelope> SendAfter)> group)
    {
        var writes = _flushing;
        try
        {
            if (writes.Count > 0) Disk.Write(writes);
        }
        catch (StorageFailedException)
        {
            // Nobody knows what the disk holds: the process ends, and where the flush failed the machine with it.
            _flushing = [];
            End(losesPower: Disk.Files.FailsFlushes);
            world.RestartLater(this);
            return;
        }

        (_flushing, _isFlushing) = ([], false);
        if (writes.Any(static write => write.IsRecovered)) world.Recovered();
        foreach (var job in group)
            foreach (var envelope in job.SendAfter) world.Send(Name, envelope);
        if (writes.Count > 0) Step(new RaftInput.Persisted(writes[^1].Number));
        StartFlush();
    }

    private void Capture(SnapshotMark mark)
    {
        var state = State;
        if (state.Index != mark.Index)
            throw new SafetyViolationException("Snapshot", $"{Name} is to take {mark}, and is at {state.Index}");
        var values = _values.ToBytes();
        SnapshotInfo Save() => Disk.Save(mark, to =>
        {
            state.Write(to);
            to.Write(values);
            to.Write(new byte[state.PaddingBytes(world.Options.SnapshotPaddingMax)]);
        });
        _saving = () => Save();
        After(world.SnapshotTime(), () =>
        {
            _saving = null;
            Finish(Save);
        });
    }

    private void Finish(Func<SnapshotInfo> save)
    {
        SnapshotInfo snapshot;
        try
        {
            snapshot = save();
        }
        catch (StorageFailedException)
        {
            End(losesPower: Disk.Files.FailsFlushes);
            world.RestartLater(this);
            return;
        }

        Taken++;
        Step(new RaftInput.Snapshotted(snapshot));
    }

    private void Restore(SnapshotInfo snapshot) => After(world.ApplyTime(), () =>
    {
        // Where a newer one took its place already, that one is restored next, and nothing is applied before.
        if (Disk.TryReadAll(snapshot) is { } content)
        {
            State = ChainedState.Read(content);
            _values.Restore(content.AsSpan(ChainedState.Bytes));
            world.Checker.Reached(Name, State);
        }

        AnswerReads();
        Step(new RaftInput.Applied(snapshot.Index));
    });

    private void Read(ChunkQuestion question) => After(world.ApplyTime(), () => Step(new RaftInput.ChunkRead(
        question.To,
        question.Snapshot,
        question.Offset,
        Disk.TryRead(question.Snapshot, question.Offset, question.BytesMax))));
}
