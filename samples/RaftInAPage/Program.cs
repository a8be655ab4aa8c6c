using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

// Raft as a library: three voters in one program, each with a log on disk, and a list of words as the state machine.
//   dotnet run --project samples/RaftInAPage -- /tmp/words hello    Run it again: the words of before are still there.
// Of your own you bring a clock, a network and a state machine. samples/KeyValue has sockets and snapshots, too.
NodeId[] names = [new("n1"), new("n2"), new("n3")];
var all = Configuration.OfVoters([.. names]);
var (mail, words, now) = (new Queue<(NodeId From, Envelope Letter)>(), new List<string>(), Instant.Zero);
var voters = names.ToDictionary(name => name, name =>
{
    var store = FileLogStore.Open(Path.Combine(args[0], name.Value), $"words/{name}");
    return (Node: new RaftNode(name, all, new RaftOptions(), store.Load(), new Random(), now), Store: store);
});

// Time passes until one leads; the commands go to it, and time passes until all three have applied all.
while (Leader() is null) Pass();
var commands = args[1..].Select(word => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(word));
Step(Leader()!.Value, new RaftInput.Propose([.. commands]));
while (voters.Values.Any(voter => voter.Node.AppliedIndex < voters[Leader()!.Value].Node.LastIndex)) Pass();
Console.WriteLine(string.Join(' ', words));
foreach (var (_, store) in voters.Values) store.Dispose();

NodeId? Leader() => names.Cast<NodeId?>().FirstOrDefault(name => voters[name!.Value].Node.Role == RaftRole.Leader);

// Ten milliseconds pass, and every letter is delivered. A real network may lose, repeat and reorder them.
void Pass()
{
    now += TimeSpan.FromMilliseconds(10);
    foreach (var name in names) Step(name, RaftInput.Tick.Instance);
    while (mail.TryDequeue(out var sent)) Step(sent.Letter.To, new RaftInput.Received(sent.From, sent.Letter.Message));
}

// The whole contract: send, make durable and then send the rest, apply; and say what is done.
void Step(NodeId name, RaftInput input)
{
    var (node, store) = voters[name];
    var output = node.Step(input, now);
    foreach (var letter in output.Send) mail.Enqueue((name, letter));
    if (output.Persist is { } write) store.Write([write]);
    foreach (var letter in output.SendAfterPersist) mail.Enqueue((name, letter));
    if (output.Persist is { } written) Step(name, new RaftInput.Persisted(written.Number));
    if (output.Apply.IsEmpty) return;
    foreach (var entry in output.Apply)
        if (entry.Kind == EntryKind.Command && name == names[0]) words.Add(Encoding.UTF8.GetString(entry.Command.Span));
    Step(name, new RaftInput.Applied(output.Apply[^1].Index));
}
