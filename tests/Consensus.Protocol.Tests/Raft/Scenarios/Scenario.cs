using System.Globalization;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;
using Holdfast.Scenarios;

namespace Holdfast.Consensus.Protocol.Tests.Raft.Scenarios;

/// <summary>
/// Runs the commands of a scenario file on a <see cref="Stage"/>. A file is blocks of commands, each followed by
/// <c>----</c> and what they led to, up to the next empty line. Lines that begin with <c>#</c> tell the story.
/// </summary>
/// <remarks>
/// <c>voters n1 n2 n3</c> starts them; <c>batch 1</c> before it bounds the entries of a request. <c>elapse n1</c> lets
/// time pass up to n1's next deadline and ticks only n1, <c>beat n1 12</c> does so twelve times; <c>pass 300</c> lets
/// milliseconds pass and ticks nobody. After each command everything that may move does: messages, flushes, the state
/// machine. <c>manual</c> stops that: then <c>deliver n1 n2 [count]</c>, <c>drop n1 n2</c>, <c>flush n1</c> and
/// <c>settle</c> move things, until <c>auto</c>. <c>cut n1 n2</c> cuts both ways, <c>isolate n1</c> from all,
/// <c>heal</c> ends it. <c>snapshots 3 1 8</c> before <c>voters</c>: every 3 entries, 1 stays, parts of 8 bytes.
/// <c>hold n1</c> holds up its snapshots, <c>save n1</c> lets the one go, <c>complete n1</c> what it reads of them;
/// <c>rot n1</c> flips a bit of the newest.
/// <c>stall n1</c> and <c>flow n1</c> stop and resume a disk; <c>write n1</c> completes the oldest of what a stalled
/// one was given. <c>crash n1</c> loses what was not flushed, <c>wipe n1</c> then removes the rest, <c>lose n1 3</c>
/// damages its log from entry 3 on, <c>restart n1</c>.
/// <c>propose n1 a b</c>, <c>ask n1</c>, <c>transfer n1 [n2]</c>, <c>tooold n1 n2 1</c>: n2 knows no request to stand,
/// which n1 learns in term 1. <c>voters n1@eu n2@us</c> names failure domains; <c>join n4</c> starts one with an empty
/// disk; <c>change n1 +n4@eu ^n5 -n1 even domains at=2</c> asks n1 to add, promote and remove, accepts an even number
/// of voters and unsafe domains, and is meant for version 2; <c>members</c> shows them. <c>read n1</c>,
/// <c>hint n2 n1 gone</c> or <c>suspected</c>; <c>leases 0.01</c>, the drift of clocks, and <c>nohints</c> before
/// <c>voters</c>. <c>tune n1 heartbeat=400 entries=3</c> changes figures at run time, <c>snapshot n1</c> wishes for
/// one, <c>timing</c> shows the timeouts in force.
/// <c>inject n2 n1 append term=2 prev=1/1 commit=0 entries=2/2:x</c> and <c>inject n2 n1 heartbeat term=2 commit=0
/// round=1</c> forge messages. <c>status</c>, <c>log</c>, <c>quiet</c> (of messages) and <c>loud</c>.
/// </remarks>
internal sealed class Scenario
{
    private readonly StringBuilder _said = new();
    private readonly Stage _stage;

    private Scenario() => _stage = new Stage(line => _said.Append(line).Append('\n'));

    /// <summary>The file as it should read: its commands, each block with what it said.</summary>
    public static string Play(string file)
    {
        var scenario = new Scenario();
        return Story.Play(file, scenario.Do, scenario._said);
    }

    private void Do(string[] words)
    {
        var isDone = DoToOptions(words) || DoToWorld(words) || DoToVoter(words) || DoToNode(words) ||
            DoToSnapshots(words) || DoToMessages(words);
        if (!isDone)
            throw new FormatException($"'{string.Join(' ', words)}' is no command of a scenario.");
        if (_stage.IsAuto) _stage.Settle();
    }

    private bool DoToWorld(string[] words)
    {
        switch (words)
        {
            case ["voters", .. var names]:
                _stage.Create([.. names.Select(Messages.ParseMember)]);
                return true;
            case ["join", var name]:
                _stage.Join(new NodeId(name));
                return true;
            case ["members"]:
                _stage.Members();
                return true;
            case ["pass", var milliseconds]:
                _stage.Pass(TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture)));
                return true;
            case ["auto" or "manual"]:
                _stage.IsAuto = words[0] == "auto";
                return true;
            case ["quiet" or "loud"]:
                _stage.IsQuiet = words[0] == "quiet";
                return true;
            case ["settle"]:
                _stage.Settle();
                return true;
            case ["heal"]:
                _stage.Cuts.Clear();
                return true;
            case ["cut", var one, var other]:
                _stage.Cut(new NodeId(one), new NodeId(other));
                return true;
            case ["status"]:
                _stage.Status();
                return true;
            case ["log"]:
                _stage.Logs();
                return true;
            case ["timing"]:
                _stage.Timing();
                return true;
            default:
                return false;
        }
    }

    private bool DoToOptions(string[] words)
    {
        switch (words)
        {
            case ["batch", var entries]:
                _stage.Options = new RaftOptions
                {
                    AppendEntriesMax = int.Parse(entries, CultureInfo.InvariantCulture),
                };
                return true;
            case ["snapshots", var entries, var trailing, var part]:
                _stage.Options = _stage.Options with
                {
                    SnapshotEntries = int.Parse(entries, CultureInfo.InvariantCulture),
                    SnapshotTrailingEntries = int.Parse(trailing, CultureInfo.InvariantCulture),
                    SnapshotChunkBytes = int.Parse(part, CultureInfo.InvariantCulture),
                };
                return true;
            case ["leases", var drift]:
                _stage.Options = _stage.Options with
                {
                    LeaseReads = true,
                    ClockDriftMax = double.Parse(drift, CultureInfo.InvariantCulture),
                };
                return true;
            case ["thrift", var wait]:
                _stage.Options = _stage.Options with
                {
                    ReserveWait = TimeSpan.FromMilliseconds(int.Parse(wait, CultureInfo.InvariantCulture)),
                };
                return true;
            case ["nohints"]:
                _stage.Options = _stage.Options with { ElectionHints = false };
                return true;
            default:
                return false;
        }
    }

    private bool DoToVoter(string[] words)
    {
        switch (words)
        {
            case ["isolate", var name]:
                _stage.Isolate(new NodeId(name));
                return true;
            case ["beat", var name, var count]:
                for (var i = int.Parse(count, CultureInfo.InvariantCulture); i > 0; i--)
                {
                    _stage.Elapse(new NodeId(name));
                    _stage.Settle();
                }

                return true;
            case ["elapse", var name]:
                _stage.Elapse(new NodeId(name));
                return true;
            case ["flush", var name]:
                _stage.Flush(new NodeId(name));
                return true;
            case ["write", var name]:
                _stage.Flush(new NodeId(name), writesMax: 1);
                return true;
            case ["stall" or "flow", var name]:
                _stage.SetStalled(new NodeId(name), words[0] == "stall");
                return true;
            case ["crash", var name]:
                _stage.Crash(new NodeId(name));
                return true;
            case ["wipe", var name]:
                _stage.Wipe(new NodeId(name));
                return true;
            case ["lose", var name, var from]:
                _stage.Lose(new NodeId(name), new LogIndex(ulong.Parse(from, CultureInfo.InvariantCulture)));
                return true;
            case ["restart", var name]:
                _stage.Restart(new NodeId(name));
                return true;
            default:
                return false;
        }
    }

    private bool DoToNode(string[] words)
    {
        switch (words)
        {
            case ["propose", var name, .. var commands]:
                _stage.Step(
                    new NodeId(name),
                    new RaftInput.Propose(
                        [.. commands.Select(static text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text))]));
                return true;
            case ["transfer", var name, .. var to]:
                _stage.Step(
                    new NodeId(name),
                    new RaftInput.TransferLeadership(to.Length > 0 ? new NodeId(to[0]) : null));
                return true;
            case ["tooold", var name, var other, var term]:
                _stage.Step(
                    new NodeId(name),
                    new RaftInput.CannotTakeOver(
                        new NodeId(other), new Term(ulong.Parse(term, CultureInfo.InvariantCulture))));
                return true;
            case ["change", var name, .. var change]:
                _stage.Step(new NodeId(name), new RaftInput.ChangeMembers(Messages.ParseChange(change)));
                return true;
            case ["ask", var name]:
                _stage.Ask(new NodeId(name));
                return true;
            case ["read", var name]:
                _stage.Read(new NodeId(name));
                return true;
            case ["hint", var name, var suspect, var kind]:
                _stage.Step(
                    new NodeId(name), new RaftInput.Hint(new NodeId(suspect), Enum.Parse<HintKind>(kind, true)));
                return true;
            default:
                return false;
        }
    }

    private bool DoToSnapshots(string[] words)
    {
        switch (words)
        {
            case ["snapshot", var name]:
                _stage.Step(new NodeId(name), RaftInput.TakeSnapshot.Instance);
                return true;
            case ["tune", var name, .. var figures]:
                _stage.Tune(new NodeId(name), figures);
                return true;
            case ["rot", var name]:
                _stage.Rot(new NodeId(name));
                return true;
            case ["complete", var name]:
                _stage.Complete(new NodeId(name));
                return true;
            case ["hold" or "save", var name]:
                _stage.HoldSnapshots(new NodeId(name), words[0] == "hold");
                return true;
            default:
                return false;
        }
    }

    private bool DoToMessages(string[] words)
    {
        switch (words)
        {
            case ["deliver", var from, var to, .. var count]:
                _stage.Deliver(
                    new NodeId(from), new NodeId(to),
                    count.Length > 0 ? int.Parse(count[0], CultureInfo.InvariantCulture) : int.MaxValue);
                return true;
            case ["drop", var from, var to]:
                _stage.Drop(new NodeId(from), new NodeId(to));
                return true;
            case ["inject", var from, var to, .. var message]:
                _stage.Receive(new NodeId(from), new NodeId(to), Messages.Parse(message));
                return true;
            default:
                return false;
        }
    }
}
