using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Coordination;

/// <summary>
/// Runs a scenario file: blocks of commands, a line of dashes, and what the log made of them. Every command goes
/// through the codec on its way. With HOLDFAST_REWRITE_SCENARIOS=1 the golden output is written anew.
/// </summary>
internal sealed class Scenario
{
    private readonly Dictionary<string, SessionId> _sessions = new(StringComparer.Ordinal);
    private CoordinationState _state = CoordinationState.Empty;
    private Term _term = new(1);
    private ushort _generation = 1;
    private ulong _index;

    public static string Folder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "Scenarios");

    public static string Run(string text)
    {
        var scenario = new Scenario();
        var output = new StringBuilder();
        var inOutput = false;
        List<string> results = [];
        foreach (var line in text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').Append(""))
        {
            if (line == "----")
            {
                output.Append("----\n").AppendJoin("", results.Select(result => result + "\n"));
                inOutput = true;
            }
            else if (line.Length == 0)
            {
                output.Append('\n');
                results.Clear();
                inOutput = false;
            }
            else if (!inOutput)
            {
                output.Append(line).Append('\n');
                if (!line.StartsWith('#')) results.AddRange(scenario.Do(line.Split(' ')));
            }
        }

        return output.ToString().TrimEnd('\n') + "\n";
    }

    private IEnumerable<string> Do(string[] words) => words switch
    {
        ["as", var request, .. var rest] => As(request, rest),
        ["restart"] => Quietly(Restart),
        ["term", var term] => Quietly(() => _term = new Term(Number(term))),
        ["generation", var generation] => Quietly(() => _generation = (ushort)Number(generation)),
        ["show", var what] => Show(what),
        ["token", var token] => [Find(Token.Parse(token))],
        ["noop"] => Quietly(() => _index++),
        _ => Apply(Command(words), words),
    };

    /// <summary>A marked request: "as a/7", or "as 7" where it opens a session.</summary>
    private IEnumerable<string> As(string request, string[] words)
    {
        var parts = request.Split('/');
        SessionId? session = parts.Length == 1 ? null : SessionOf(parts[0]);
        return Apply(Command(words), words, new RequestTag(session, Number(parts[^1])));
    }

    /// <summary>Everything is forgotten but what a snapshot of the state holds.</summary>
    private void Restart()
    {
        var bytes = new ArrayBufferWriter<byte>();
        _state.WriteTo(bytes);
        _state = CoordinationState.Read(bytes.WrittenSpan);
    }

    private SessionId SessionOf(string alias) =>
        _sessions.TryGetValue(alias, out var id) ? id : new SessionId(Token.Parse(alias));

    private static string[] Quietly(Action change)
    {
        change();
        return [];
    }

    private CoordinationCommand Command(string[] words) => words switch
    {
        ["open", _, var cluster, .. var rest] => Open(cluster, rest),
        ["advance", var alias] => new CoordinationCommand.AdvanceSession(_sessions[alias]),
        ["close", var alias] => new CoordinationCommand.CloseSession(_sessions[alias]),
        ["expire", var alias] => new CoordinationCommand.ExpireSession(_sessions[alias], _term),
        ["expire", var alias, var decided] =>
            new CoordinationCommand.ExpireSession(_sessions[alias], new Term(Number(After(decided, "decided=")))),
        ["campaign", var name, var alias] => new CoordinationCommand.Campaign(new ElectionName(name), _sessions[alias]),
        ["resign", var name, var alias] => new CoordinationCommand.Resign(new ElectionName(name), _sessions[alias]),
        ["advance", var name, var alias] =>
            new CoordinationCommand.AdvanceElection(new ElectionName(name), _sessions[alias]),
        ["grant", var name] => new CoordinationCommand.GrantNext(new ElectionName(name)),
        ["fence", var cluster, var home, .. var rest] => Fence(cluster, home, rest),
        ["put", var key, var value] => new CoordinationCommand.PutDefinition(new DefinitionKey(key), value, false),
        ["put", var key, var value, "if-absent"] =>
            new CoordinationCommand.PutDefinition(new DefinitionKey(key), value, true),
        ["raise", var format] => new CoordinationCommand.RaiseFormat((byte)Number(format)),
        ["lost", var shard, var gen, var seq, var run] => new CoordinationCommand.DirectoryLost(
            new LostMemory((int)Number(shard), gen, Number(seq), run), LossEvidence.Seq),
        ["delete", var key] => new CoordinationCommand.DeleteDefinition(new DefinitionKey(key)),
        ["announced", var index] => new CoordinationCommand.RecordAnnounced(new LogIndex(Number(index))),
        ["begin", var leader] => new CoordinationCommand.BeginTerm(new NodeId(leader), new LogIndex(_index), _term),
        ["begin", var leader, var won] => new CoordinationCommand.BeginTerm(
            new NodeId(leader), new LogIndex(_index), new Term(Number(After(won, "won=")))),
        _ => throw new FormatException($"'{string.Join(' ', words)}' is no command"),
    };

    private static CoordinationCommand.OpenSession Open(string cluster, string[] rest)
    {
        Residence? home = null;
        var (ttl, agent) = (TimeSpan.FromSeconds(5), false);
        foreach (var word in rest)
        {
            if (word == "agent") agent = true;
            else if (word.StartsWith("ttl=", StringComparison.Ordinal))
                ttl = TimeSpan.FromMilliseconds(Number(After(word, "ttl=")));
            else home = Home(word);
        }

        return new CoordinationCommand.OpenSession(new ClusterId(cluster), home, ttl, null, agent);
    }

    private static CoordinationCommand.FenceNode Fence(string cluster, string home, string[] rest)
    {
        var (node, generation) = Home(home);
        var cause = rest is [var word, ..] ? Enum.Parse<FenceCause>(word, ignoreCase: true) : FenceCause.Silence;
        return new CoordinationCommand.FenceNode(
            node,
            new ClusterId(cluster),
            generation,
            cause,
            new NodeId("w1"),
            TimeSpan.FromSeconds(2),
            [new Evidence(new NodeId("w1"), new ClusterId("west"), 9.5, TimeSpan.FromSeconds(2))]);
    }

    private IEnumerable<string> Apply(CoordinationCommand command, string[] words, RequestTag? request = null)
    {
        var index = new LogIndex(++_index);
        var trace = $"00-{index.Value:x32}-{index.Value:x16}-01";
        var stamp = new CommandStamp(_generation, 1_000 * (long)index.Value, trace) { Request = request };
        var stamped = new StampedCommand(stamp, command);
        var read = CommandCodec.Decode(CommandCodec.Encode(stamped).Span);
        var before = _state.Outbox;
        var applied = _state.Apply(index, _term, read);
        _state = applied.State;
        if (words[0] == "open" && applied.Answer is CoordinationAnswer.SessionState opened)
            _sessions[words[1]] = opened.Session.Id;
        yield return $"{index} {(applied.Answer.IsRepeated ? "again " : "")}{Render(applied.Answer)}";
        foreach (var announcement in _state.Outbox.Where(one => !before.Contains(one)))
            yield return $"   announces {Render(announcement)}";
        foreach (var name in _state.ElectionsToGrant) yield return $"   {name} is to be granted";
    }

    private IEnumerable<string> Show(string what) => what switch
    {
        "sessions" => _state.Sessions.Values.Select(Render),
        "elections" => _state.Elections.Values.Select(Render),
        "nodes" => _state.Nodes.Values.Select(node =>
            $"{node.Cluster}/{node.Node} generation={node.Generation} {(_state.IsLive(node) ? "live" : "not-live")}" +
            (node.Fence is { } fence ? $" fenced={fence.Generation}" : "")),
        "outbox" => _state.Outbox.Select(Render),
        "remembered" => [$"answers={_state.RememberedAnswers.Answers} format={_state.Format}"],
        "losses" => _state.Losses.Values.SelectMany(losses => losses).Select(Render),
        "definitions" => _state.Definitions.Values.Select(Render),
        _ => throw new FormatException($"'{what}' is nothing to show"),
    };

    private string Render(CoordinationAnswer answer) => answer switch
    {
        CoordinationAnswer.SessionState session => Render(session.Session),
        CoordinationAnswer.ElectionState election => Render(election.Election),
        CoordinationAnswer.FenceState fence => $"{(fence.New ? "fenced" : "was fenced")} {Render(fence.Fence)}",
        CoordinationAnswer.DefinitionState definition => Render(definition.Definition),
        CoordinationAnswer.LossState lost => $"{(lost.New ? "lost" : "was lost")} {Render(lost.Loss)}",
        CoordinationAnswer.Refused refused => $"refused {refused.Code}",
        _ => "done",
    };

    private string Render(SessionRecord session) =>
        $"{Name(session.Id)} {session.Standing.ToString().ToLowerInvariant()} token={session.Token}" +
        (session.Residence is { } home ? $" on {home.Node}@{home.Generation}" : "") + (session.Agent ? " agent" : "") +
        (session.Elections.Count > 0 ? $" in {string.Join(',', session.Elections)}" : "");

    private string Render(ElectionRecord election) =>
        $"{election.Name} holder={(election.Holder is { } id ? Name(id) : "none")} token={election.Token}" +
        $" term={election.Term} queue=[{string.Join(' ', election.Queue.Select(one => Name(one.Session)))}]";

    private static string Render(FenceRecord fence) =>
        $"{fence.Cluster}/{fence.Node}@{fence.Generation} token={fence.Token} " +
        $"{fence.Cause.ToString().ToLowerInvariant()} revoked={fence.RevokedSessions} " +
        $"alive=[{string.Join(' ', fence.LiveClusters)}]";

    private static string Render(DefinitionRecord definition) =>
        $"{definition.Key} = {definition.Value} token={definition.Token}";

    private static string Render(MemoryLoss loss) =>
        $"shard {loss.Memory.Shard} {loss.Memory.Gen}@{loss.Memory.Seq} floor={loss.Floor}";

    private string Render(Announcement announcement)
    {
        var at = $"{announcement.Index}.{announcement.Ordinal} {announcement.Change.Subject}";
        var entry = announcement.TraceParent![3..35];
        var trace = $"trace={ulong.Parse(entry, NumberStyles.HexNumber, CultureInfo.InvariantCulture)}";
        return announcement.Change switch
        {
            AnnouncedChange.ElectionGranted granted =>
                $"{at} granted to {Holder(granted.Holder)} token={granted.Token} by {granted.Cause}" +
                (granted.PreviousHolder is { } before ? $" after {Holder(before)} {granted.PreviousToken}" : "") +
                $" {trace}",
            AnnouncedChange.ElectionLost lost =>
                $"{at} lost by {Holder(lost.Holder)} token={lost.Token} {lost.Cause} {trace}",
            AnnouncedChange.NodeFenced fenced => $"{at} fenced {Render(fenced.Fence)} {trace}",
            AnnouncedChange.MemoryLost lost => $"{at} lost {Render(lost.Loss)} {trace}",
            var other => throw new FormatException($"{other} has no text"),
        };
    }

    private string Find(Token token) => _state.Find(token) is { } known
        ? $"{token} names {Name(known.Minted.Session)}{(known.Minted.Election is { } name ? $" in {name}" : "")} " +
            $"{(known.Newest ? "newest" : "outdated")} {(known.SessionAlive ? "alive" : "not-alive")}"
        : $"{token} is unknown";

    private string Holder(string holder) => SessionId.TryParse(holder, out var id) ? Name(id) : holder;

    private string Name(SessionId id) => _sessions.FirstOrDefault(pair => pair.Value == id).Key ?? id.ToString();

    private static Residence Home(string word)
    {
        var parts = word.Split('@');
        return new Residence(new NodeId(parts[0]), new Generation(Number(parts[1])));
    }

    private static string After(string word, string prefix) => word[prefix.Length..];

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
