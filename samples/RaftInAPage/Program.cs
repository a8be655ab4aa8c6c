using System.Buffers;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

// Raft as a library: three voters in one program, each with a log on disk, and a list of words as the state machine.
//   dotnet run --project samples/RaftInAPage -- /tmp/words hello    Run it again: the words of before are still there.
// Of your own you bring a clock, a network and a state machine. samples/KeyValue has sockets and reads, too.
NodeId[] names = [new("n1"), new("n2"), new("n3")];
var all = Configuration.OfVoters([.. names]);
var (mail, now) = (new Queue<(NodeId From, Envelope Letter)>(), Instant.Zero);
var voters = names.ToDictionary(name => name, name =>
{
    var store = FileLogStore.Open(Path.Combine(args[0], name.Value), $"words/{name}");
    var node = new RaftNode(name, all, new RaftOptions(), store.Load(), new Random(), now);
    return (Node: node, Store: store, Words: new List<string>());
});

// Time passes until one leads; the commands go to it, and time passes until all three have applied all.
while (Leader() is null) Pass();
var commands = args[1..].Select(word => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(word));
Step(Leader()!.Value, new RaftInput.Propose([.. commands]));
while (voters.Values.Any(voter => voter.Node.AppliedIndex < voters[Leader()!.Value].Node.LastIndex)) Pass();
Console.WriteLine(string.Join(' ', voters[names[0]].Words));
foreach (var (_, store, _) in voters.Values) store.Dispose();

NodeId? Leader() => names.Cast<NodeId?>().FirstOrDefault(name => voters[name!.Value].Node.Role == RaftRole.Leader);

// Ten milliseconds pass, and every letter is delivered. A real network may lose, repeat and reorder them.
void Pass()
{
    now += TimeSpan.FromMilliseconds(10);
    foreach (var name in names) Step(name, RaftInput.Tick.Instance);
    while (mail.TryDequeue(out var sent)) Step(sent.Letter.To, new RaftInput.Received(sent.From, sent.Letter.Message));
}

// The contract: save a snapshot, send, make durable and then send the rest, restore, apply, read for followers; and say
// what is done. Left out are answers to what is not asked here: Confirmed (reads), Changed (members), Transfer.
void Step(NodeId name, RaftInput input)
{
    var (node, store, words) = voters[name];
    var output = node.Step(input, now);
    SnapshotInfo? saved = output.Capture is { } mark ? store.Snapshots.Save(mark, file => file.Write(
        Encoding.UTF8.GetBytes(string.Concat(words.Select(word => word + '\0'))))) : null;
    foreach (var letter in output.Send) mail.Enqueue((name, letter));
    if (output.Persist is { } write) store.Write([write]);
    foreach (var letter in output.SendAfterPersist) mail.Enqueue((name, letter));
    if (output.Restore is not null) words.Clear();
    if (output.Restore is { } taken)
        words.AddRange(Encoding.UTF8.GetString(store.Snapshots.TryReadAll(taken)!).Split('\0')[..^1]);
    words.AddRange(output.Apply.Where(entry => entry.Kind == EntryKind.Command)
        .Select(entry => Encoding.UTF8.GetString(entry.Command.Span)));
    if (output.Persist is { } written) Step(name, new RaftInput.Persisted(written.Number));
    if (saved is { } snapshot) Step(name, new RaftInput.Snapshotted(snapshot));
    if (output.Restore?.Index is { } upTo) Step(name, new RaftInput.Applied(upTo));
    if (!output.Apply.IsEmpty) Step(name, new RaftInput.Applied(output.Apply[^1].Index));
    foreach (var part in output.Read) Step(name, new RaftInput.ChunkRead(part.To, part.Snapshot, part.Offset,
        store.Snapshots.TryRead(part.Snapshot, part.Offset, part.BytesMax)));
}
