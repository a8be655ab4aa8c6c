using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>
/// A group of voters in one thread: a virtual clock, a network that delays, loses, repeats, reorders and is cut, disks
/// that stall and lose what was not flushed, clients. One seed decides everything, so a seed is a bug report.
/// </summary>
internal sealed partial class RaftWorld
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly HashSet<(NodeId From, NodeId To)> _cuts = [];
    private readonly List<SimulatedVoter> _voters = [];
    private readonly Configuration _bootstrap;
    private long _order;
    private ulong _lastCommand;
    private ulong _lastQuestion;
    private bool _isHealed;

    public RaftWorld(SimulationOptions options)
    {
        Options = options;
        Random = new Random(options.Seed);
        Names = [.. Enumerable.Range(1, options.Voters + options.Joiners).Select(static i => new NodeId($"n{i}"))];
        _bootstrap = Configuration.OfVoters(Names[..options.Voters]);
        Checker = new SafetyChecker(_bootstrap);
        foreach (var name in Names) _voters.Add(new SimulatedVoter(name, this));
    }

    public SimulationOptions Options { get; }

    public Random Random { get; }

    public Instant Now { get; private set; }

    public ImmutableArray<NodeId> Names { get; }

    public SafetyChecker Checker { get; }

    public int Confirmations { get; set; }

    /// <summary>Leaders that asked another voter to stand.</summary>
    public int HandedOver { get; private set; }

    /// <summary>Changes with every event; two runs of one seed end with the same.</summary>
    public long Digest { get; private set; } = 17;

    /// <summary>Changes of members that were begun.</summary>
    public int Changes { get; set; }

    private IEnumerable<SimulatedVoter> Members =>
        _voters.Where(voter => Checker.Members.Configuration.IsMember(voter.Name));

    public int SnapshotsTaken => _voters.Sum(static voter => voter.Taken);

    public int SnapshotsInstalled => _voters.Sum(static voter => voter.Installed);

    private bool HaveAllApplied =>
        Members.All(voter => voter.State.Index.Value == (ulong)Checker.Committed);

    /// <summary>Runs with faults, then heals, and demands that all voters come to the same end.</summary>
    public void Run()
    {
        foreach (var voter in _voters) voter.Start();
        After(Between(0, 50), ActAsClient);
        After(Between(0, 1000), ActAsNemesis);
        if (Options.Joiners > 0) After(Between(0, 1000), ActAsPersonnel);
        if (Options.Transfers) After(Between(0, 1000), ActAsOperator);
        RunUntil(Instant.Zero + Options.Duration);
        _isHealed = true;
        _cuts.Clear();
        foreach (var voter in _voters)
            if (voter.Node is null) voter.Start();

        // Long enough for what was held up, then for an election, and for a last word that all must hear.
        RunUntil(Now + TimeSpan.FromSeconds(5));
        var committed = Checker.Committed;
        foreach (var voter in _voters.Where(static voter => voter.Leads)) voter.Propose(1);
        var deadline = Now + TimeSpan.FromSeconds(60);
        while (Now < deadline && (Checker.Committed <= committed || !HaveAllApplied)) RunUntil(Now + Second);
        if (Checker.Committed <= committed)
            throw new SafetyViolationException("Liveness", "without faults nothing is committed; " + Describe());
        Checker.CheckEnd(Members.Select(static voter => (voter.Name, voter.State)), Describe());
    }

    public SimulatedLogStore DiskOf(NodeId name) => VoterOf(name).Disk;

    public Configuration BootstrapOf(NodeId name) =>
        _bootstrap.IsMember(name) ? _bootstrap : Configuration.Empty;

    public ReadOnlyMemory<byte> NextCommand() => SimulatedVoter.Command(++_lastCommand);

    public void After(TimeSpan wait, Action act)
    {
        var at = Now + (wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
        _events.Enqueue(act, (at.Ticks, _order++));
    }

    public void Send(NodeId from, Envelope envelope)
    {
        Checker.Sent(from, envelope);
        if (envelope.Message is TimeoutNow) HandedOver++;
        if (_cuts.Contains((from, envelope.To))) return;
        if (!_isHealed && Random.NextDouble() < Options.Loss) return;
        Deliver(from, envelope);
        if (!_isHealed && Random.NextDouble() < Options.Duplication) Deliver(from, envelope);
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

    private void RunUntil(Instant end)
    {
        while (_events.TryPeek(out _, out var next) && next.At <= end.Ticks)
        {
            var act = _events.Dequeue();
            Now = new Instant(next.At);
            Digest = unchecked((Digest * 31) + next.At + next.Order);
            act();
        }

        Now = end;
    }

    private string Describe() => string.Join("; ", _voters.Select(static voter => voter.Node is not { } node
        ? $"{voter.Name} down"
        : $"{node.Self} {node.Role} term {node.Term} last {node.LastIndex} stable {node.StableIndex} " +
            $"commit {node.CommitIndex} applied {node.AppliedIndex} base {node.BaseIndex}"));

    private TimeSpan Between(double minMilliseconds, double maxMilliseconds) =>
        TimeSpan.FromMilliseconds(minMilliseconds + (Random.NextDouble() * (maxMilliseconds - minMilliseconds)));

    private void Deliver(NodeId from, Envelope envelope)
    {
        var delay = !_isHealed && Random.NextDouble() < Options.Straggling
            ? Between(0, 2000)
            : Random.NextDouble() * Options.DelayMax;
        After(delay, () => VoterOf(envelope.To).Receive(from, envelope.Message));
    }

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

    private void ActAsNemesis()
    {
        if (_isHealed) return;
        var victim = _voters[Random.Next(_voters.Count)];
        switch (Random.Next(9))
        {
            case 0:
                Cut([.. Names.Where(_ => Random.Next(2) == 0)]);
                break;
            case 1 or 2:
                Cut([(_voters.Find(static voter => voter.Leads) ?? victim).Name]);
                break;
            case 3:
                _cuts.Add((victim.Name, Names[Random.Next(Names.Length)]));
                break;
            case 4:
                CrashAndRestart(_voters.Find(static voter => voter.Leads) ?? victim);
                break;
            case 5:
                CrashAndRestart(victim);
                break;
            case 6 when Random.Next(4) == 0:
                foreach (var voter in _voters) CrashAndRestart(voter);
                break;
            default:
                _cuts.Clear();
                break;
        }

        After(Random.NextDouble() * 2 * Options.NemesisPause, ActAsNemesis);
    }

    private void Cut(ImmutableArray<NodeId> side)
    {
        _cuts.Clear();
        foreach (var a in side)
        {
            foreach (var b in Names.Except(side))
            {
                _cuts.Add((a, b));
                _cuts.Add((b, a));
            }
        }
    }

    private void CrashAndRestart(SimulatedVoter voter)
    {
        if (voter.Node is null) return;
        voter.Crash(losesPower: Random.Next(2) == 0);
        After(Between(1, 800), () =>
        {
            if (voter.Node is null) voter.Start();
        });
    }
}
