using System.Collections.Immutable;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft.Scenarios;

/// <summary>Voters whose messages, flushes and time move when the story says so, and that say what they do.</summary>
internal sealed partial class Stage(Action<string> say)
{
    private readonly SortedDictionary<NodeId, Actor> _actors = [];
    private ImmutableArray<NodeId> _names = [];
    private Instant _now;
    private ulong _lastQuestion;

    public bool IsAuto { get; set; } = true;

    public RaftOptions Options { get; set; } = new();

    public void Create(ImmutableArray<Member> voters)
    {
        _names = [.. voters.Select(static voter => voter.Node)];
        var bootstrap = new Configuration(0, voters, _names, []);
        foreach (var name in _names)
        {
            _actors.Add(name, new Actor { Name = name, Bootstrap = bootstrap });
            Restart(name);
        }
    }

    /// <summary>A node with an empty disk that waits to be added.</summary>
    public void Join(NodeId name)
    {
        _names = _names.Add(name);
        _actors.Add(name, new Actor { Name = name, Bootstrap = Configuration.Empty });
        Restart(name);
    }

    public void Pass(TimeSpan span) => _now += span;

    public void Elapse(NodeId name)
    {
        _now = Instant.Max(_now, _actors[name].Node!.NextDeadline);
        Step(name, RaftInput.Tick.Instance);
    }

    public void Ask(NodeId name) => Step(name, new RaftInput.ConfirmLeadership(++_lastQuestion));

    public void Read(NodeId name) => Step(name, new RaftInput.Read(++_lastQuestion));

    public void Crash(NodeId name)
    {
        var actor = _actors[name];
        actor.Node = null;
        actor.Jobs.Clear();
        (actor.Held, actor.Saved, actor.State) = (null, null, []);
        actor.Parts.Clear();
        say($"{name} crashed");
    }

    public void Restart(NodeId name)
    {
        var actor = _actors[name];
        actor.Node = new RaftNode(
            name, actor.Bootstrap, Options, actor.Disk.Load(), new Random(_names.IndexOf(name)), _now);
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

    public void Step(NodeId name, RaftInput input)
    {
        var actor = _actors[name];
        if (actor.Node is not { } node) return;
        var (role, term, commit) = (node.Role, node.Term, node.CommitIndex);
        var output = node.Step(input, _now);
        if (output.Violation is { } violation) say($"{name} ignores it: {violation}");
        if ((role, term) != (node.Role, node.Term)) say($"{name} becomes {node.Role} in term {node.Term}");
        if (output.Proposed is { } answer) Tell(name, answer);
        if (output.Transfer is { } transfer) Tell(name, transfer);
        if (output.Changed is { } changed) Tell(name, changed);
        if (output.Snapshot is { Refusal: not SnapshotRefusal.None } wished)
            say($"{name} takes no snapshot: {wished.Refusal}");
        if (output.Members is { } members) say($"{name} counts {members}");
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
}
