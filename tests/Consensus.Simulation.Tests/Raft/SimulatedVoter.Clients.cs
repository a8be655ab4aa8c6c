using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <content>What the service in front of Raft does: writes answered once applied, reads once current.</content>
internal sealed partial class SimulatedVoter
{
    private readonly Dictionary<LogIndex, (Term Term, NodeId Client, ClientQuestion Question)> _writes = [];
    private readonly Dictionary<ulong, (NodeId Client, ClientQuestion Question)> _reads = [];
    private readonly List<(LogIndex Index, NodeId Client, ClientQuestion Question)> _readsByIndex = [];
    private (NodeId Client, ClientQuestion Question)? _proposing;

    public void Receive(NodeId client, ClientQuestion question) => Process.Do(() =>
    {
        if (Node is null) return;
        if (question.Asked.Act == KeyAct.Get) BeginRead(client, question);
        else BeginWrite(client, question);
    });

    private void BeginRead(NodeId client, ClientQuestion question)
    {
        var id = world.NextQuestion();
        _reads.Add(id, (client, question));
        if (world.Options.Reads) Read(id);
        else Ask(id);
    }

    private void BeginWrite(NodeId client, ClientQuestion question)
    {
        _proposing = (client, question);
        Step(new RaftInput.Propose([world.NextCommand(question.Asked, question.Mark)]));
    }

    private void Proposed(ProposeAnswer answer)
    {
        for (var i = 0; i < answer.Accepted; i++) _proposed[answer.First + i] = answer.Term;
        if (_proposing is not { } asked) return;
        _proposing = null;
        if (answer.Accepted == 0) Refuse(asked.Client, asked.Question);
        else _writes[answer.First] = (answer.Term, asked.Client, asked.Question);
    }

    private void AnswerWrite(LogEntry entry, int? value)
    {
        // Where another term's entry took the place, the client is told nothing: it asks no more, or again.
        if (!_writes.Remove(entry.Index, out var write) || write.Term != entry.Term) return;
        if (value is not { } told) return;
        world.Answer(Name, write.Client, write.Question, new ClientAnswer(write.Question.Call, false, told, Name));
    }

    private void AnswerRead(LeadershipConfirmation confirmation)
    {
        if (!_reads.Remove(confirmation.Id, out var read)) return;
        if (!confirmation.Confirmed)
        {
            Refuse(read.Client, read.Question);
            return;
        }

        _readsByIndex.Add((confirmation.ReadIndex, read.Client, read.Question));
        AnswerReads();
    }

    private void AnswerReads()
    {
        foreach (var (_, client, question) in _readsByIndex.Where(read => read.Index <= State.Index))
        {
            var value = _values[question.Asked.Key];
            world.Answer(Name, client, question, new ClientAnswer(question.Call, false, value, Leads ? Name : null));
        }

        _readsByIndex.RemoveAll(read => read.Index <= State.Index);
    }

    private void Refuse(NodeId client, ClientQuestion question) =>
        world.Answer(Name, client, question, new ClientAnswer(question.Call, true, 0, Node?.Leader));
}
