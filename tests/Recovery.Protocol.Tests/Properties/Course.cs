using System.Globalization;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol.Tests.World;

namespace Holdfast.Recovery.Protocol.Tests.Properties;

/// <summary>
/// One random course of deaths, silences, restarts, holders and definitions. The world itself demands at every step
/// that no slot runs twice, and that what is called running came up; once all is well again, every wanted slot runs
/// once, where its record says, and nothing else runs.
/// </summary>
internal sealed class Course
{
    private const int Incidents = 25;

    private static readonly string[] Nodes = ["n1", "n2", "n3", "n4"];

    private readonly Random _random;
    private readonly List<string> _said;
    private readonly TwinWorld _world;
    private ulong _generation = 1;

    /// <param name="seed">Of all that is drawn.</param>
    /// <param name="said">What happens is written here.</param>
    /// <param name="fault">What the Recoveries get wrong.</param>
    public Course(int seed, List<string> said, Fault fault)
    {
        (_random, _said) = (new Random(seed), said);
        var options = new RecoveryOptions { ConfirmTimeout = TimeSpan.FromSeconds(5) };
        _world = new TwinWorld(options, Say) { Fault = fault, Delays = new Random(seed) };
        foreach (var node in Nodes)
        {
            _world.Consensus.Live(new NodeId(node), ClusterOf(node), new Generation(_generation));
            _world.AddHost(new NodeId(node), 20);
        }

        foreach (var cluster in (string[])["east", "west"]) _world.AddShell(cluster).Elect();
        Define("a", 5);
        Define("b", 3);
    }

    public void Run()
    {
        for (var incident = 0; incident < Incidents; incident++)
        {
            Do(_random.Next(19));
            _world.Run(TimeSpan.FromMilliseconds(_random.Next(3_000)));
        }

        Heal();
        _world.Run(TimeSpan.FromMinutes(2));
        Demand();
    }

    // Nodes one and two are of the cluster where the groups live, three and four of the one that may inherit them.
    private static ClusterId ClusterOf(string node) => new(node is "n1" or "n2" ? "east" : "west");

    private void Do(int what)
    {
        var host = _world.HostOf(new NodeId(Nodes[_random.Next(Nodes.Length)]));
        var shell = _world.Shells[new ClusterId(_random.Next(2) == 0 ? "east" : "west")];
        Say($"{what} for {host.Node} or {shell.Cluster}");
        if (what < 10) DoToNode(what, host);
        else DoToServices(what, shell);
        foreach (var each in _world.Shells.Values) each.Post(new RecoveryInput.Hint());
    }

    private void DoToNode(int what, TwinHost host)
    {
        switch (what)
        {
            case 0 or 1:
                Fence(host.Node);
                break;
            case 2 when IsLive(host.Node):
                _world.Consensus.FenceEarlier(host.Node);
                break;
            case 2:
                Return(host);
                break;
            case 3:
                host.IsMute = !host.IsMute;
                break;
            case 4:
                Replace(host);
                break;
            case 5:
                if (!_world.Consensus.Cordoned.Remove(host.Node)) _world.Consensus.Cordoned.Add(host.Node);
                break;
            case 6:
                if (_random.Next(2) == 0) host.IsFlaky = !host.IsFlaky;
                else if (host.Active.Any()) host.Crash(host.Active.First());
                break;
            case 7:
                Cut(host);
                break;
            case 8:
                _world.Forge(host);
                break;
            default:
                host.IsHung = !host.IsHung;
                break;
        }
    }

    private void DoToServices(int what, TwinShell shell)
    {
        switch (what)
        {
            case 10:
                _world.Directory.IsSilent = !_world.Directory.IsSilent;
                break;
            case 11:
                _world.Directory.IsMute = !_world.Directory.IsMute;
                break;
            case 12:
                _world.Consensus.IsDeaf = !_world.Consensus.IsDeaf;
                break;
            case 13:
                shell.Depose();
                shell.Elect();
                break;
            case 14:
                shell.Restart();
                shell.Elect();
                break;
            case 15:
                _world.Consensus.IsLate = !_world.Consensus.IsLate;
                break;
            case 17 when shell.IsHeld:
                shell.Release();
                break;
            case 17:
                shell.IsHeld = true;
                break;
            case 16 when _random.Next(4) == 0:
                Promote(shell.Cluster);
                break;
            default:
                Define(_random.Next(2) == 0 ? "a" : "b", _random.Next(8));
                break;
        }
    }

    // With the last node of a cluster its groups go to the other, as Failover would have it.
    private void Fence(NodeId node)
    {
        var facts = _world.Consensus.Node(node);
        if (!facts.IsLive) return;
        _world.Consensus.Fence(node);
        if (Nodes.Any(other => ClusterOf(other) == facts.Cluster && IsLive(new NodeId(other)))) return;
        var heir = new ClusterId(facts.Cluster.Value == "east" ? "west" : "east");
        foreach (var group in _world.Consensus.Groups.Keys) _world.Directory.Promote(group, heir, facts.Cluster);
    }

    // By hand, whatever still lives in the home that the groups leave.
    private void Promote(ClusterId heir)
    {
        foreach (var group in _world.Consensus.Groups.Keys) _world.Directory.Promote(group, heir);
    }

    // Its session runs out, and it does not hear of that.
    private void Cut(TwinHost host)
    {
        if (host.IsCut || !_world.Consensus.IsAlive(host.Session)) return;
        host.IsCut = true;
        _world.Consensus.End(host.Session);
    }

    private bool IsLive(NodeId node) => _world.Consensus.Node(node).IsLive;

    private void Return(TwinHost host)
    {
        if (IsLive(host.Node)) return;
        _world.Consensus.Live(host.Node, host.Cluster, new Generation(++_generation));
        _world.AddHost(host.Node, 20);
    }

    private void Replace(TwinHost host)
    {
        if (!IsLive(host.Node)) return;

        // The earlier process goes on beside the new one half the time; one that is cut off has ended.
        host.IsDead = host.IsCut || _random.Next(2) == 0;
        if (host.IsDead && _random.Next(2) == 0) _world.Consensus.End(host.Session);
        _world.AddHost(host.Node, 20);
    }

    private void Define(string group, int slots)
    {
        _world.Consensus.Mint();
        _world.Consensus.Groups[new GroupId(group)] =
            new GroupDefinition("replica", new ClusterId("east"), slots, PerNodeMax: null);
    }

    private void Heal()
    {
        Say("all is well from now on");
        (_world.Directory.IsSilent, _world.Directory.IsMute) = (false, false);
        (_world.Consensus.IsDeaf, _world.Consensus.IsLate) = (false, false);
        _world.Consensus.Cordoned.Clear();
        foreach (var shell in _world.Shells.Values) shell.Release();
        foreach (var host in _world.Hosts)
        {
            (host.IsMute, host.IsHung, host.IsCut, host.IsFlaky) = (false, false, false, false);
            if (_world.HostOf(host.Node) != host) host.IsDead = true;
            if (host.IsDead && _world.Consensus.IsAlive(host.Session)) _world.Consensus.End(host.Session);
        }

        // What was left behind by a move by hand is given up by a fence only.
        foreach (var host in Nodes.Select(node => _world.HostOf(new NodeId(node))))
        {
            if (IsLive(host.Node)) _world.Consensus.Fence(host.Node);
            Return(host);
        }
    }

    private void Demand()
    {
        var wanted = _world.Consensus.Groups
            .SelectMany(group => Enumerable.Range(0, group.Value.Slots).Select(slot => new SlotId(group.Key, slot)))
            .ToHashSet();
        foreach (var slot in wanted)
        {
            var record = _world.Directory.SlotOf(slot).ShouldNotBeNull($"{slot} has no record");
            record.State.ShouldBe(SlotState.Running, $"{slot} is {record}");
            _world.HostOf(record.Node!.Value).Active.ShouldContain(slot, $"{slot} does not run where it should");
        }

        var running = _world.Hosts.Where(host => !host.IsCut).SelectMany(h => h.Active);
        running.Except(wanted).ShouldBeEmpty("what is not wanted runs");
    }

    private void Say(string what) => _said.Add(
        string.Create(CultureInfo.InvariantCulture, $"{(_world?.Now - Instant.Zero)?.TotalSeconds:0.00} {what}"));
}
