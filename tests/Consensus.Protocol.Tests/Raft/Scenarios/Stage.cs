using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft.Scenarios;

/// <summary>Voters whose messages, flushes and time move when the story says so, and that say what they do.</summary>
internal sealed class Stage(Action<string> say)
{
    private readonly SortedDictionary<NodeId, Actor> _actors = [];
    private readonly List<(NodeId From, Envelope Envelope)> _messages = [];
    private ImmutableArray<NodeId> _names = [];
    private Instant _now;
    private ulong _lastQuestion;

    public bool IsAuto { get; set; } = true;

    public RaftOptions Options { get; set; } = new();

    public bool IsQuiet { get; set; }

    public HashSet<(NodeId From, NodeId To)> Cuts { get; } = [];

    public void Create(ImmutableArray<NodeId> names)
    {
        _names = names;
        foreach (var name in names)
        {
            _actors.Add(name, new Actor { Name = name });
            Restart(name);
        }
    }

    public void Pass(TimeSpan span) => _now += span;

    public void Elapse(NodeId name)
    {
        _now = Instant.Max(_now, _actors[name].Node!.NextDeadline);
        Step(name, RaftInput.Tick.Instance);
    }

    public void Ask(NodeId name) => Step(name, new RaftInput.ConfirmLeadership(++_lastQuestion));

    public void Cut(NodeId one, NodeId other)
    {
        Cuts.Add((one, other));
        Cuts.Add((other, one));
    }

    public void Isolate(NodeId name)
    {
        foreach (var other in _names.Where(other => other != name)) Cut(name, other);
    }

    public void SetStalled(NodeId name, bool isStalled) => _actors[name].IsStalled = isStalled;

    public void Crash(NodeId name)
    {
        var actor = _actors[name];
        actor.Node = null;
        actor.Jobs.Clear();
        (actor.Held, actor.Saved, actor.State) = (null, null, []);
        actor.Parts.Clear();
        say($"{name} crashed");
    }

    /// <summary>Somebody removes the directory of a voter that is down.</summary>
    public void Wipe(NodeId name) => _actors[name].Disk = new SimulatedLogStore();

    public void Restart(NodeId name)
    {
        var actor = _actors[name];
        actor.Node = new RaftNode(
            name, _names, Options, actor.Disk.Load(), new Random(_names.IndexOf(name)), _now);
    }

    /// <summary>Moves everything that may move until nothing does.</summary>
    public void Settle()
    {
        const int movesMax = 10_000;
        for (var i = 0; i < movesMax; i++)
        {
            if (_messages.Count > 0)
            {
                var (from, envelope) = _messages[0];
                _messages.RemoveAt(0);
                Receive(from, envelope.To, envelope.Message);
            }
            else if (_actors.Values.FirstOrDefault(static actor => actor.CanComplete) is { } reader)
            {
                Complete(reader);
            }
            else if (_actors.Values.FirstOrDefault(static actor => actor.CanFlush) is { } actor)
            {
                Flush(actor.Name);
            }
            else
            {
                return;
            }
        }

        throw new InvalidOperationException($"The voters do not come to rest within {movesMax} moves.");
    }

    public void Deliver(NodeId from, NodeId to, int countMax)
    {
        for (var i = 0; i < countMax; i++)
        {
            var next = _messages.FindIndex(message => message.From == from && message.Envelope.To == to);
            if (next < 0) return;
            var message = _messages[next].Envelope.Message;
            _messages.RemoveAt(next);
            Receive(from, to, message);
        }
    }

    public void Drop(NodeId from, NodeId to) =>
        _messages.RemoveAll(message => message.From == from && message.Envelope.To == to);

    public void Receive(NodeId from, NodeId to, RaftMessage message)
    {
        if (_actors[to].Node is null) return;
        if (!IsQuiet) say($"{from} -> {to} {Messages.Show(message)}");
        Step(to, new RaftInput.Received(from, message));
    }

    /// <summary>Completes everything that the disk of a voter was given.</summary>
    public void Flush(NodeId name)
    {
        var actor = _actors[name];
        var group = actor.Jobs.ToList();
        actor.Jobs.Clear();
        var writes = group.Where(static job => job.Write is not null).Select(static job => job.Write!).ToList();
        if (writes.Count > 0) actor.Disk.Write(writes);
        foreach (var envelope in group.SelectMany(static job => job.SendAfter)) Post(name, envelope);
        if (writes.Count > 0) Step(name, new RaftInput.Persisted(writes[^1].Number));
    }

    public void Step(NodeId name, RaftInput input)
    {
        var actor = _actors[name];
        if (actor.Node is not { } node) return;
        var (role, term, commit) = (node.Role, node.Term, node.CommitIndex);
        var output = node.Step(input, _now);
        if (output.Violation is { } violation) say($"{name} ignores it: {violation}");
        if ((role, term) != (node.Role, node.Term)) say($"{name} becomes {node.Role} in term {node.Term}");
        if (output.Proposed is { } answer) Tell(name, answer);
        if (commit != node.CommitIndex) say($"{name} commits up to {node.CommitIndex}");
        foreach (var confirmation in output.Confirmed) Tell(name, confirmation);
        foreach (var envelope in output.Send) Post(name, envelope);
        if (output.Persist is not null || !output.SendAfterPersist.IsEmpty)
            actor.Jobs.Enqueue((output.Persist, output.SendAfterPersist));
        if (output.Capture is { } mark) Capture(actor, mark);
        foreach (var question in output.Read) Read(actor, question);
        if (output.Restore is { } snapshot) Restore(actor, snapshot);
        if (output.Apply.IsEmpty) return;
        say($"{name} applies {Messages.Show(output.Apply)}");
        actor.State.AddRange(output.Apply.Where(static entry => entry.Kind == EntryKind.Command)
            .Select(static entry => Encoding.UTF8.GetString(entry.Command.Span)));
        Step(name, new RaftInput.Applied(output.Apply[^1].Index));
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

    public void Status()
    {
        foreach (var actor in _actors.Values)
        {
            say(actor.Node is not { } node
                ? $"{actor.Name} down"
                : $"{node.Self} {node.Role} term={node.Term} leader={node.Leader?.Value ?? "none"} " +
                    $"last={node.LastIndex} stable={node.StableIndex} commit={node.CommitIndex}" +
                    (node.SnapshotIndex == LogIndex.Zero ? "" : $" snapshot={node.SnapshotIndex}") +
                    (node.DiskStalledSince is null ? "" : " disk stalled"));
        }
    }

    public void Logs()
    {
        foreach (var actor in _actors.Values)
        {
            if (actor.Node is not { } node) continue;
            var first = (int)node.BaseIndex.Value + 1;
            var entries = Enumerable.Range(first, (int)(node.LastIndex.Value - node.BaseIndex.Value))
                .Select(index => node.EntryAt(new LogIndex((ulong)index)));
            say($"{node.Self} {Messages.Show(entries)} commit={node.CommitIndex}");
        }
    }

    private void Post(NodeId from, Envelope envelope)
    {
        if (!Cuts.Contains((from, envelope.To))) _messages.Add((from, envelope));
    }

    private void Tell(NodeId name, ProposeAnswer answer)
    {
        if (answer.Accepted > 0) say($"{name} takes {answer.Accepted} from {answer.First}");
        if (answer.Refusal != ProposeRefusal.None)
            say($"{name} refuses: {answer.Refusal}, leader {answer.Leader?.Value ?? "none"}");
    }

    private void Tell(NodeId name, LeadershipConfirmation confirmation) => say(confirmation.Confirmed
        ? $"{name} is confirmed, reads from {confirmation.ReadIndex}"
        : $"{name} is not confirmed");

    private sealed class Actor
    {
        public required NodeId Name { get; init; }

        public RaftNode? Node { get; set; }

        public SimulatedLogStore Disk { get; set; } = new();

        public Queue<(Persistence? Write, ImmutableArray<Envelope> SendAfter)> Jobs { get; } = new();

        public List<string> State { get; set; } = [];

        public bool IsHolding { get; set; }

        public Action? Held { get; set; }

        public RaftInput.Snapshotted? Saved { get; set; }

        public Queue<RaftInput.ChunkRead> Parts { get; } = new();

        public bool CanComplete => Node is not null && (Saved is not null || Parts.Count > 0);

        public bool IsStalled { get; set; }

        public bool CanFlush => Node is not null && !IsStalled && Jobs.Count > 0;
    }
}
