using System.Globalization;
using System.Text;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol.Tests.World;
using Holdfast.Scenarios;

namespace Holdfast.Recovery.Protocol.Tests.Scenarios;

/// <summary>
/// Runs the commands of a scenario file on a <see cref="TwinWorld"/>.
/// </summary>
/// <remarks>
/// <c>world group=4 overall=64 confirm=30 unrecoverable=300 check=5</c> makes the world; <c>recovery east</c> starts
/// a Recovery and elects it; <c>depose east</c>, <c>elect east</c>, <c>restart east</c>, <c>hold east</c> and
/// <c>release east</c> (its calls); <c>node n1 east [generation]</c>, <c>fence n1</c>, <c>host n1 4</c> (room for
/// four), <c>mute n1</c>, <c>unmute n1</c>, <c>hang n1</c>, <c>unhang n1</c>, <c>cut n1</c> (from Consensus), <c>kill
/// n1</c> (the host's process), <c>expire n1</c> (its session), <c>expire-first n1</c> (that of the node's first
/// host), <c>failing n1 g/0</c>, <c>crash n1 g/0</c>, <c>forge n1</c> (a report under a session that was never
/// opened), <c>confirm n1 g/0 running 4.1</c> (over the bus); <c>define g east 3 [perNode]</c>, <c>undefine g</c>,
/// <c>illegible g</c>, <c>cordon n1</c>, <c>uncordon n1</c>; <c>promote g west</c>; <c>erase g/0</c>, <c>spoil
/// g/0</c>, <c>mend g/0</c> (its record); <c>directory silent|mute|well</c>, <c>consensus deaf|well</c>; <c>hint
/// east</c>, <c>run seconds</c>; <c>slots</c>, <c>count</c>, <c>hosts</c>, <c>plan east</c>, <c>stuck east</c>;
/// <c>quiet</c> and <c>aloud</c> (whether each change is said).
/// </remarks>
internal sealed class Scenario
{
    private readonly StringBuilder _said = new();
    private TwinWorld _world;
    private bool _isQuiet;

    private Scenario() => _world = new TwinWorld(new RecoveryOptions(), Say);

    /// <summary>The file as it should read: its commands, each block with what it said.</summary>
    public static string Play(string file)
    {
        var scenario = new Scenario();
        return Story.Play(file, scenario.Do, scenario._said);
    }

    private void Do(string[] words)
    {
        if (!DoToWorld(words) && !DoToNode(words) && !DoToRecovery(words) && !Tell(words))
            throw new FormatException($"'{string.Join(' ', words)}' is no command of a scenario.");
    }

    private bool DoToWorld(string[] words)
    {
        switch (words)
        {
            case ["world", .. var options]:
                _world = new TwinWorld(OptionsOf(options), Say);
                return true;
            case ["define", var group, var home, var slots, .. var perNode]:
                _world.Consensus.Mint();
                _world.Consensus.Groups[new GroupId(group)] = new GroupDefinition(
                    "replica", new ClusterId(home), I(slots), perNode.Length > 0 ? I(perNode[0]) : null);
                return true;
            case ["illegible", var illegible]:
                _world.Consensus.Mint();
                _world.Consensus.Illegible.Add(new GroupId(illegible));
                return _world.Consensus.Groups.Remove(new GroupId(illegible));
            case ["undefine", var group]:
                _world.Consensus.Mint();
                return _world.Consensus.Groups.Remove(new GroupId(group));
            case ["promote", var group, var home]:
                _world.Directory.Promote(new GroupId(group), new ClusterId(home));
                return true;
            case ["erase", var slot]:
                return _world.Directory.Erase(SlotOf(slot));
            case ["spoil" or "mend", var slot]:
                return words[0] == "spoil"
                    ? _world.Directory.Unreadable.Add(SlotOf(slot))
                    : _world.Directory.Unreadable.Remove(SlotOf(slot));
            case ["directory", var how]:
                (_world.Directory.IsSilent, _world.Directory.IsMute) = (how == "silent", how == "mute");
                return true;
            case ["consensus", var how]:
                _world.Consensus.IsDeaf = how == "deaf";
                return true;
            case ["run", var seconds]:
                _world.Run(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));
                return true;
            default:
                return false;
        }
    }

    private bool DoToNode(string[] words)
    {
        switch (words)
        {
            case ["node", var node, var cluster, .. var generation]:
                var boot = new Generation(generation.Length > 0 ? (ulong)I(generation[0]) : 1);
                _world.Consensus.Live(new NodeId(node), new ClusterId(cluster), boot);
                return true;
            case ["fence", var node]:
                _world.Consensus.Fence(new NodeId(node));
                return true;
            case ["cordon" or "uncordon", var node]:
                _world.Consensus.Mint();
                return words[0] == "cordon"
                    ? _world.Consensus.Cordoned.Add(new NodeId(node))
                    : _world.Consensus.Cordoned.Remove(new NodeId(node));
            case ["host", var node, var capacity]:
                _world.AddHost(new NodeId(node), I(capacity));
                return true;
            case [_, var node, ..] when _world.Hosts.Exists(host => host.Node.Value == node):
                return DoToHost(_world.HostOf(new NodeId(node)), words);
            default:
                return false;
        }
    }

    private bool DoToHost(TwinHost host, string[] words)
    {
        switch (words)
        {
            case ["mute" or "unmute", _]:
                host.IsMute = words[0] == "mute";
                return true;
            case ["cut", _]:
                return host.IsCut = true;
            case ["hang" or "unhang", _]:
                host.IsHung = words[0] == "hang";
                return true;
            case ["forge", _]:
                _world.Forge(host);
                return true;
            case ["confirm", _, var slot, var stage, var epoch]:
                _world.Confirm(host, SlotOf(slot), EpochOf(epoch), Enum.Parse<HostedStage>(stage, ignoreCase: true));
                return true;
            case ["kill", _]:
                host.IsDead = true;
                return true;
            case ["expire", _]:
                _world.Consensus.End(host.Session);
                return true;
            case ["expire-first", _]:
                _world.Consensus.End(_world.Hosts.First(first => first.Node == host.Node).Session);
                return true;
            case ["failing", _, var slot]:
                return host.Failing.Add(SlotOf(slot));
            case ["crash", _, var slot]:
                host.Crash(SlotOf(slot));
                return true;
            default:
                return false;
        }
    }

    private bool DoToRecovery(string[] words)
    {
        if (words is ["recovery", var added])
        {
            _world.AddShell(added).Elect();
            return true;
        }

        if (words is not [var what, var cluster] || !ClusterId.IsLegal(cluster) ||
            !_world.Shells.TryGetValue(new ClusterId(cluster), out var shell))
        {
            return false;
        }

        switch (what)
        {
            case "elect":
                shell.Elect();
                return true;
            case "depose":
                shell.Depose();
                return true;
            case "restart":
                shell.Restart();
                return true;
            case "hint":
                shell.Post(new RecoveryInput.Hint());
                return true;
            case "hold":
                return shell.IsHeld = true;
            case "release":
                shell.Release();
                return true;
            case "stuck":
                foreach (var slot in shell.Machine.View(_world.Now).Groups.SelectMany(group => group.Slots))
                    if (slot.IsStuck) Tell($"{slot.Index} is stuck" + (slot.IsUnreadable ? ", unreadable" : ""));
                return true;
            case "plan":
                foreach (var planned in shell.Machine.Plan(_world.Now))
                    Tell($"{planned.Slot} would go to {planned.Node?.Value ?? "nowhere"}");
                return true;
            default:
                return false;
        }
    }

    private bool Tell(string[] words)
    {
        switch (words)
        {
            case ["slots"]:
                foreach (var (group, slot) in _world.Directory.Slots)
                    Tell($"{group}/{slot.Index} is {slot.State} on {slot.Node?.Value ?? "no node"}");
                return true;
            case ["count"]:
                foreach (var state in _world.Directory.Slots.GroupBy(slot => slot.Slot.State).OrderBy(s => s.Key))
                    Tell($"{state.Count()} slots are {state.Key}");
                return true;
            case ["quiet" or "aloud"]:
                _isQuiet = words[0] == "quiet";
                return true;
            case ["hosts"]:
                foreach (var host in _world.Hosts)
                    Tell($"{host.Node} has {(host.Active.Any() ? string.Join(", ", host.Active) : "nothing")}");
                return true;
            default:
                return false;
        }
    }

    private static RecoveryOptions OptionsOf(string[] options)
    {
        var values = options.Select(option => option.Split('=')).ToDictionary(pair => pair[0], pair => I(pair[1]));
        var defaults = new RecoveryOptions();
        return defaults with
        {
            PerGroupMax = values.GetValueOrDefault("group", defaults.PerGroupMax),
            OverallMax = values.GetValueOrDefault("overall", defaults.OverallMax),
            ConfirmTimeout = TimeSpan.FromSeconds(values.GetValueOrDefault("confirm", 30)),
            CheckInterval = TimeSpan.FromSeconds(values.GetValueOrDefault("check", 5)),
            UnrecoverableAfter = TimeSpan.FromSeconds(values.GetValueOrDefault("unrecoverable", 300)),
        };
    }

    private static SlotId SlotOf(string text) => text.Split('/') is [var group, var index]
        ? new SlotId(new GroupId(group), I(index))
        : throw new FormatException(text);

    private static Epoch EpochOf(string text) => text.Split('.') is [var token, var counter]
        ? new Epoch(new Token((ulong)I(token)), (ulong)I(counter))
        : throw new FormatException(text);

    private void Say(string what)
    {
        if (!_isQuiet) Tell(what);
    }

    private void Tell(string what) => _said.Append(
        CultureInfo.InvariantCulture,
        $"{(_world.Now - Instant.Zero - TimeSpan.FromHours(10)).TotalSeconds,6:0.00} {what}\n");

    private static int I(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
