using System.Globalization;
using System.Text;
using Holdfast.Primitives;
using Holdfast.Scenarios;

namespace Holdfast.Gossip.Protocol.Tests;

/// <summary>
/// Plays the commands of a scenario file on a <see cref="SimulatedNetwork"/>. A file is blocks of commands, each
/// followed by <c>----</c> and what they must have led to, up to the next empty line. Lines that begin with <c>#</c>
/// tell the story. Told is what agents announce themselves, and what they ask to have fenced.
/// </summary>
/// <remarks>
/// <c>interval ms</c> (before the first node), <c>cluster east e1 e2</c> boots nodes that knock at the first of all,
/// <c>boot e1 [generation]</c> boots one again, <c>kill e1</c>, <c>pause e1</c>, <c>wake e1</c>, <c>leave e1</c>,
/// <c>fenced e1</c> (Consensus fenced its present generation), <c>cut a b</c> (what a sends, b does not hear),
/// <c>part a</c> (cut from and to everybody), <c>heal</c>, <c>say to b: node generation verdict state</c> (a
/// datagram in a stranger's name; the generation relative to the node's present one), <c>consensus fences|refuses</c>,
/// <c>run seconds</c>, <c>quietly seconds</c> (runs, and tells nothing of it), <c>see a</c> prints the members as a
/// sees them, <c>count</c> how many announcements were made since the last time.
/// </remarks>
internal sealed class Scenario
{
    private readonly StringBuilder _said = new();
    private readonly Dictionary<string, string> _clusters = new(StringComparer.Ordinal);
    private SimulatedNetwork _network = new(1);
    private string? _seedNode;
    private Instant _start;
    private int _toldChanges;
    private int _toldFences;
    private int _countedChanges;
    private ulong _saidSequence = 1_000_000;

    /// <summary>The file as it should read: its commands, each block with what it said.</summary>
    public static string Play(string file)
    {
        var scenario = new Scenario();
        return Story.Play(file, scenario.Do, scenario._said);
    }

    private void Do(string[] words)
    {
        switch (words)
        {
            case ["interval", var milliseconds]:
                var interval = TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture));
                _network = new SimulatedNetwork(1, new GossipOptions { LanInterval = interval });
                break;
            case ["cluster", var cluster, .. var nodes]:
                foreach (var node in nodes) Boot(node, cluster, null);
                break;
            case ["boot", var node]:
                Boot(node, _clusters[node], null);
                break;
            case ["boot", var node, var generation]:
                Boot(node, _clusters[node], ulong.Parse(generation, CultureInfo.InvariantCulture));
                break;
            case ["kill", .. var nodes]:
                _network.Kill(nodes);
                break;
            case ["pause", var node]:
                _network[node].IsPaused = true;
                break;
            case ["wake", var node]:
                _network[node].IsPaused = false;
                break;
            case ["leave", var node]:
                _network.Give(node, new GossipInput.Leave("maintenance"));
                break;
            case ["fenced", var node]:
                _network.Give(node, new GossipInput.Fenced(_network[node].Core.Self.Generation));
                break;
            case ["consensus", var answer]:
                var result = answer == "fences" ? FenceResult.Fenced : FenceResult.NotYet;
                _network.AnswerFence = (_, fence) => fence.LooksFirst ? FenceResult.Absent : result;
                break;
            default:
                DoOnTheWire(words);
                break;
        }

        Tell();
    }

    private void DoOnTheWire(string[] words)
    {
        var line = string.Join(' ', words);
        switch (words)
        {
            case ["cut", var from, var to]:
                _network.Cut(from, to);
                break;
            case ["part", var node]:
                foreach (var other in _clusters.Keys.Where(other => other != node))
                {
                    _network.Cut(node, other);
                    _network.Cut(other, node);
                }

                break;
            case ["heal"]:
                _network.Heal();
                break;
            case ["run", var seconds]:
                _network.Run(Seconds(seconds));
                break;
            case ["quietly", var seconds]:
                _network.Run(Seconds(seconds));
                Skip();
                break;
            case ["say", ..]:
                Say(line);
                break;
            case ["see", var node]:
                See(node);
                break;
            case ["count"]:
                var own = _network.Changes.Skip(_countedChanges).Count(change => change.Change.IsOwn);
                _countedChanges = _network.Changes.Count;
                _said.Append(CultureInfo.InvariantCulture, $"{own} announcements\n");
                break;
            default:
                throw new FormatException($"No command: {line}");
        }
    }

    private void Boot(string node, string cluster, ulong? generation)
    {
        _clusters[node] = cluster;
        if (_seedNode is null) _start = _network.Now;
        _network.Boot(node, cluster, _seedNode ?? node, generation);
        _seedNode ??= node;
        _network.Run(SimulatedNetwork.StepLength);
    }

    /// <summary>A well-formed datagram, as somebody hostile who has the secret might send it.</summary>
    private void Say(string line)
    {
        var parts = line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
        var about = _network[parts[3]].Core.Self;
        var generation = about.Generation.Value + (ulong)long.Parse(parts[4], CultureInfo.InvariantCulture);
        var version = new PeerVersion(
            new Generation(generation), new Verdict(ulong.Parse(parts[5], CultureInfo.InvariantCulture)),
            Enum.Parse<PeerState>(parts[6], ignoreCase: true));
        var packet = new Packet
        {
            Kind = PacketKind.News,
            Sender = new PeerBeat(new NodeId("stranger"), new PeerVersion(about.Generation, default, PeerState.Up), 1),
            Target = new NodeId(parts[2]),
            Sequence = _saidSequence++,
            SentAt = TimeSpan.Zero,
            Interval = TimeSpan.FromMilliseconds(200),
            Beats = [new PeerBeat(about.Node, version, 0)],
        };
        var buffer = new byte[2_000];
        _network.Deliver(parts[2], buffer[..PacketCodec.Write(packet, 0, buffer)]);
    }

    private void See(string node)
    {
        foreach (var view in _network[node].Core.View(_network.Now))
        {
            var accusers = string.Join(' ', view.Votes.Select(vote => vote.Accuser));
            _said.Append(CultureInfo.InvariantCulture, $"{view.Record.Node} {Short(view.Record)} ")
                .Append(Word(view.Record.State))
                .Append(accusers.Length == 0 ? "" : $", accused by {accusers}")
                .Append(view.IsFenced ? ", fenced\n" : "\n");
        }
    }

    private void Skip()
    {
        _toldChanges = _network.Changes.Count;
        _toldFences = _network.Fences.Count;
    }

    private void Tell()
    {
        var lines = new List<(Instant At, string Text)>();
        foreach (var (at, agent, change) in _network.Changes.Skip(_toldChanges).Where(change => change.Change.IsOwn))
            lines.Add((at, $"{agent}: {TextOf(change)}"));
        foreach (var (at, agent, fence) in _network.Fences.Skip(_toldFences))
        {
            var verb = fence.LooksFirst ? "looks for the fence of" : "asks to fence";
            var silence = fence.SilentFor.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
            lines.Add((at, $"{agent}: {verb} {fence.Peer.Node} {Short(fence.Peer)}, silent for {silence} s"));
        }

        foreach (var (at, text) in lines.OrderBy(line => line.At))
            _said.Append(CultureInfo.InvariantCulture, $"{(at - _start).TotalSeconds,7:0.000} {text}\n");
        Skip();
    }

    private string TextOf(PeerChange change)
    {
        var who = $"{change.Peer.Node} {Short(change.Peer)}";
        return change switch
        {
            PeerChange.Up up => $"{who} up ({Word(up.Reason)})",
            PeerChange.Suspected suspected => string.Create(
                CultureInfo.InvariantCulture,
                $"{who} suspected, phi {suspected.Phi:0.0}, silent for {suspected.SilentFor.TotalSeconds:0.000} s"),
            PeerChange.Down { Conviction: { } conviction } =>
                $"{who} down by {(conviction.IsByWitness ? "witness" : "majority")}: " +
                string.Join(' ', conviction.Votes.Select(vote => vote.Accuser)) +
                $" ({conviction.VotesWanted} wanted), cut {conviction.CutId.Split('-')[0]}",
            PeerChange.Left left => $"{who} left ({left.Reason})",
            _ => who,
        };
    }

    /// <summary>Generations as seconds since the start of the story: the real ones are Unix milliseconds.</summary>
    private string Short(PeerRecord record)
    {
        var start = 1_800_000_000_000 + (_start.Ticks / TimeSpan.TicksPerMillisecond);
        var seconds = ((double)record.Generation.Value - start) / 1_000;
        return string.Create(CultureInfo.InvariantCulture, $"g{seconds:0.###} v{record.Verdict}");
    }

    private static string Word<T>(T word)
        where T : struct, Enum => word.ToString().ToLowerInvariant();

    private static TimeSpan Seconds(string text) =>
        TimeSpan.FromSeconds(double.Parse(text, CultureInfo.InvariantCulture));
}
