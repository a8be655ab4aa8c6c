using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft.Scenarios;

/// <content>Messages on their way, and the cuts between voters.</content>
internal sealed partial class Stage
{
    private readonly List<(NodeId From, Envelope Envelope)> _messages = [];

    public bool IsQuiet { get; set; }

    public HashSet<(NodeId From, NodeId To)> Cuts { get; } = [];

    public void Cut(NodeId one, NodeId other)
    {
        Cuts.Add((one, other));
        Cuts.Add((other, one));
    }

    public void Isolate(NodeId name)
    {
        foreach (var other in _names.Where(other => other != name)) Cut(name, other);
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
        if (_actors.GetValueOrDefault(to)?.Node is null) return;
        if (!IsQuiet) say($"{from} -> {to} {Messages.Show(message)}");
        Step(to, new RaftInput.Received(from, message));
    }

    private void Post(NodeId from, Envelope envelope)
    {
        if (!Cuts.Contains((from, envelope.To))) _messages.Add((from, envelope));
    }
}
