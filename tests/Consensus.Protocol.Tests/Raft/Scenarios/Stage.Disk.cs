using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft.Scenarios;

/// <content>The disks, with what they flush, save and read when the story says so.</content>
internal sealed partial class Stage
{
    public void SetStalled(NodeId name, bool isStalled) => _actors[name].IsStalled = isStalled;

    /// <summary>Somebody removes the directory of a voter that is down.</summary>
    public void Wipe(NodeId name) => _actors[name].Disk = new SimulatedLogStore();

    /// <summary>The log of a voter that is down is damaged from an entry on.</summary>
    public void Lose(NodeId name, LogIndex from)
    {
        _actors[name].Disk.Lose(from);
        say($"{name} lost its log from {from} on");
    }

    /// <summary>A bit of the newest snapshot of a voter flips.</summary>
    public void Rot(NodeId name) => _actors[name].Disk.RotSnapshot();

    /// <summary>Completes what the disk of a voter was given, the oldest first.</summary>
    public void Flush(NodeId name, int writesMax = int.MaxValue)
    {
        var actor = _actors[name];
        var group = new List<(Persistence? Write, ImmutableArray<Envelope> SendAfter)>();
        while (group.Count < writesMax && actor.Jobs.TryDequeue(out var job)) group.Add(job);
        var writes = group.Where(static job => job.Write is not null).Select(static job => job.Write!).ToList();
        if (writes.Count > 0) actor.Disk.Write(writes);
        foreach (var envelope in group.SelectMany(static job => job.SendAfter)) Post(name, envelope);
        if (writes.Count > 0) Step(name, new RaftInput.Persisted(writes[^1].Number));
    }

    /// <summary>Keeps the next snapshots of a voter from becoming durable, or lets the held one.</summary>
    public void HoldSnapshots(NodeId name, bool isHeld)
    {
        var actor = _actors[name];
        actor.IsHolding = isHeld;
        if (isHeld || actor.Held is not { } save) return;
        actor.Held = null;
        save();
    }

    /// <summary>Hands a voter everything that its disk read or saved for it.</summary>
    public void Complete(NodeId name)
    {
        while (_actors[name].CanComplete) Complete(_actors[name]);
    }

    private void Capture(Actor actor, SnapshotMark mark)
    {
        var content = Encoding.UTF8.GetBytes(string.Join(' ', actor.State));
        say($"{actor.Name} takes a snapshot up to {mark.Index}");
        Action save = () =>
        {
            var snapshot = actor.Disk.Snapshots.Save(mark, to => to.Write(content));
            actor.Saved = new RaftInput.Snapshotted(snapshot);
        };
        if (actor.IsHolding) actor.Held = save;
        else save();
    }

    private void Restore(Actor actor, SnapshotInfo snapshot)
    {
        var text = Encoding.UTF8.GetString(actor.Disk.SnapshotContent.Span);
        actor.State.Clear();
        actor.State.AddRange(text.Split(' '));
        say($"{actor.Name} restores {snapshot.Index}/{snapshot.Term} [{text}]");
        Step(actor.Name, new RaftInput.Applied(snapshot.Index));
    }

    private void Read(Actor actor, ChunkQuestion question) => actor.Parts.Enqueue(new RaftInput.ChunkRead(
        question.To,
        question.Snapshot,
        question.Offset,
        actor.Disk.Snapshots.TryRead(question.Snapshot, question.Offset, question.BytesMax)));

    /// <summary>Hands a voter what its disk read or saved for it.</summary>
    private void Complete(Actor actor)
    {
        if (actor.Saved is { } saved)
        {
            actor.Saved = null;
            Step(actor.Name, saved);
            return;
        }

        Step(actor.Name, actor.Parts.Dequeue());
    }
}
