using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;
using Holdfast.Simulation;
using Holdfast.Simulation.Histories;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>
/// A group of voters in one thread: a virtual clock, a network that delays, loses, repeats, reorders and is cut, disks
/// that stall, fill up, fail and lose what was not flushed, processes that crash and are suspended, clients that write
/// down what they see. One seed decides everything, so a seed is a bug report.
/// </summary>
internal sealed partial class RaftWorld : ISimulatedWorld
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SimulatedNetwork<RaftMessage> _network;
    private readonly SimulatedNetwork<Action> _clientNetwork;
    private readonly List<SimulatedVoter> _voters = [];
    private readonly List<KeyClient> _clients = [];
    private readonly Configuration _bootstrap;
    private readonly History<KeyCall, int> _history = new();
    private int _damaged;
    private int _recovered;
    private int? _calmElections;
    private ulong _lastCommand;
    private ulong _lastQuestion;
    private bool _isHealed;

    public RaftWorld(SimulationOptions options)
    {
        Options = options;
        Random = new Chance((ulong)options.Seed);
        Schedule = new Schedule(new Trace());
        Names = [.. Enumerable.Range(1, options.Voters + options.Joiners).Select(static i => new NodeId($"n{i}"))];
        _bootstrap = Configuration.OfVoters(Names[..options.Voters]);
        Checker = new SafetyChecker(_bootstrap);
        _network = new SimulatedNetwork<RaftMessage>(
            Schedule,
            Random.Stream("network"),
            options.Network,
            (from, to, message) => VoterOf(to).Receive(from, message));
        _clientNetwork = new SimulatedNetwork<Action>(
            Schedule,
            Random.Stream("clients' network"),
            options.Network with { Duplication = options.Retries ? options.Duplication : 0 },
            static (_, _, arrive) => arrive());
        _tuning = Random.Stream("tuning");
        var clocks = Random.Stream("clocks");
        foreach (var name in Names)
        {
            var pace = 1 + (options.ClockDrift * ((_voters.Count + 1) % 3 - 1));
            var clock = new NodeClock(() => Now, pace, clocks.UpTo(TimeSpan.FromDays(1)));
            _voters.Add(new SimulatedVoter(name, this, clock));
        }

        for (var i = 1; i <= options.Clients; i++)
            _clients.Add(new KeyClient(i, this, Random.Stream($"client {i}"), _history));
    }

    public SimulationOptions Options { get; }

    /// <summary>Of what is done to the world; the network, the disks and the clients have their own.</summary>
    public Chance Random { get; }

    public Schedule Schedule { get; }

    public Instant Now => Schedule.Now;

    /// <summary>The faults are over.</summary>
    public bool IsHealed => _isHealed;

    public ImmutableArray<NodeId> Names { get; }

    public SafetyChecker Checker { get; }

    public int Confirmations { get; set; }

    /// <summary>Leaders that asked another voter to stand.</summary>
    public int HandedOver { get; private set; }

    /// <summary>Changes with every event; two runs of one seed end with the same.</summary>
    public ulong Digest => Schedule.Trace.Digest;

    /// <summary>Changes of members that were begun.</summary>
    public int Changes { get; set; }

    private IEnumerable<SimulatedVoter> Members => _voters.Where(voter =>
        !voter.IsRetired && Checker.Members.Configuration.IsMember(voter.Name));

    /// <summary>How often figures were changed while voters ran.</summary>
    public int Tunings { get; private set; }

    public int SnapshotsTaken => _voters.Sum(static voter => voter.Taken);

    public int SnapshotsInstalled => _voters.Sum(static voter => voter.Installed);

    private bool HaveAllApplied =>
        Members.All(voter => voter.State.Index.Value == (ulong)Checker.Committed);

    /// <summary>Runs with faults, then heals, and demands that all voters come to the same end.</summary>
    public void Run()
    {
        foreach (var voter in _voters) voter.Start();
        foreach (var client in _clients) client.Start();
        After(Between(0, 50), ActAsClient);
        After(Options.CutsOnlyFollowers ? 3 * Second : Between(0, 1000), ActAsNemesis);
        if (Options.Joiners > 0) After(Between(0, 1000), ActAsPersonnel);
        if (Options.Transfers) After(Between(0, 1000), ActAsOperator);
        if (Options.Reads) After(Between(0, 50), ActAsReader);
        if (Options.Hints) After(Between(0, 1000), ActAsObserver);
        if (Options.Tunes) After(_tuning.UpTo(Second), ActAsTuner);
        RunUntil(Instant.Zero + Options.Duration);
        Heal();

        // Long enough for what was held up, then for an election, and for a last word that all must hear.
        RunUntil(Now + TimeSpan.FromSeconds(5));
        var committed = Checker.Committed;
        foreach (var voter in _voters.Where(static voter => voter.Leads)) voter.Propose(1);
        var deadline = Now + TimeSpan.FromSeconds(60);
        while (Now < deadline && (Checker.Committed <= committed || !HaveAllApplied)) RunUntil(Now + Second);
        if (Checker.Committed <= committed)
            throw new SafetyViolationException("Liveness", "without faults nothing is committed; " + Describe());
        Checker.CheckEnd(Members.Select(static voter => (voter.Name, voter.State)), Describe());
        CheckHistory();
        Schedule.Trace.Add(Now, "", "end", _voters.Aggregate(0UL, static (all, voter) =>
            Trace.Mix(Trace.Mix(all, voter.State.Digest), voter.Disk.Files.Digest)));
    }

    public VoterDisk DiskOf(NodeId name) => VoterOf(name).Disk;

    public Configuration BootstrapOf(NodeId name) =>
        _bootstrap.IsMember(name) ? _bootstrap : Configuration.Empty;

    public ReadOnlyMemory<byte> NextCommand(KeyCall call = default, KeyMark mark = default) =>
        KeyValues.Command(++_lastCommand, call, mark);

    public ulong NextQuestion() => ++_lastQuestion;

    /// <summary>A voter has back what its disk had lost.</summary>
    public void Recovered()
    {
        _recovered++;
        Checker.CheckDurable(DiskOf);
    }

    public void Ask(NodeId client, NodeId voter, ClientQuestion question) =>
        _clientNetwork.Send(client, voter, () => VoterOf(voter).Receive(client, question));

    public void Answer(NodeId voter, NodeId client, ClientQuestion question, ClientAnswer answer) =>
        _clientNetwork.Send(voter, client, () => question.Client.Receive(answer));

    public void After(TimeSpan wait, Action act) => Schedule.After(wait, act);

    public void Send(NodeId from, Envelope envelope)
    {
        Checker.Sent(from, envelope);
        if (envelope.Message is TimeoutNow) HandedOver++;
        _network.Send(from, envelope.To, envelope.Message);
    }

    public TimeSpan FlushTime() => !_isHealed && Random.NextDouble() < Options.Stalling
        ? Between(0, 1000)
        : Random.NextDouble() * Options.FlushMax;

    public TimeSpan ApplyTime() => Between(0, 2);

    public TimeSpan SnapshotTime() => Between(0, 50);

    public void MayCrash(SimulatedVoter voter)
    {
        if (!_isHealed && Random.NextDouble() < Options.CrashAtStep) CrashAndRestart(voter);
    }

    /// <summary>It starts again after a while, unless something else started it.</summary>
    public void RestartLater(SimulatedVoter voter) => After(Between(1, 800), () =>
    {
        if (voter.Node is null) voter.Start(mayEnd: !_isHealed && Random.Next(8) == 0);
    });

    private void RunUntil(Instant end) => Schedule.RunUntil(end);

    private string Describe() => string.Join("; ", _voters.Select(static voter => voter.Node is not { } node
        ? $"{voter.Name} down"
        : $"{node.Self} {node.Role} term {node.Term} last {node.LastIndex} stable {node.StableIndex} " +
            $"commit {node.CommitIndex} applied {node.AppliedIndex} base {node.BaseIndex}"));

    private TimeSpan Between(double minMilliseconds, double maxMilliseconds) =>
        TimeSpan.FromMilliseconds(minMilliseconds + (Random.NextDouble() * (maxMilliseconds - minMilliseconds)));

    private SimulatedVoter VoterOf(NodeId name) => _voters[Names.IndexOf(name)];

    private void ActAsClient()
    {
        if (_isHealed) return;
        foreach (var voter in _voters.Where(static voter => voter.Leads).ToList())
        {
            if (Random.Next(2) == 0) voter.Ask(++_lastQuestion);
            if (Random.Next(3) > 0) voter.Propose(1 + Random.Next(4));
        }

        After(Between(1, 40), ActAsClient);
    }

    private void ActAsOperator()
    {
        if (_isHealed) return;
        var voter = _voters[Random.Next(_voters.Count)];
        NodeId? to = Random.Next(3) == 0 ? Names[Random.Next(Names.Length)] : null;
        voter.HandOver(to);
        After(Between(10, 1500), ActAsOperator);
    }
}
