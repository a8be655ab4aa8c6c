using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests.Leases;

/// <summary>
/// Sessions, elections and tokens, with the real state machine and the real arithmetic on both sides, over a log that
/// is taken for granted: the simulation of Raft is about that. Leaders change and the old one does not know; clocks
/// have different paces; holders are suspended; messages are late, lost and repeated.
/// </summary>
internal sealed class LeaseWorld : ISimulatedWorld
{
    public static readonly ElectionName[] Elections = [new("one"), new("two"), new("three")];

    private static readonly NodeId[] Voters = [new("n0"), new("n1"), new("n2")];

    private static readonly TimeSpan CommitMax = TimeSpan.FromMilliseconds(20);

    private readonly Chance _chance;
    private readonly Chance _clocks;
    private readonly Chance _wall;
    private readonly SimulatedNetwork<Action> _network;
    private readonly List<LeaseHolder> _holders = [];
    private readonly TokenChecker _tokens = new();
    private LeaseLeader? _leader;
    private LeaseLeader? _former;
    private LogIndex _last;

    public LeaseWorld(LeaseOptions options)
    {
        Options = options;
        Schedule = new Schedule(new Trace());
        _chance = new Chance(options.Seed);
        _clocks = _chance.Stream("clocks");
        _wall = _chance.Stream("wall clocks");
        _network = new SimulatedNetwork<Action>(
            Schedule, _chance.Stream("network"), options.Network, static (_, _, arrive) => arrive());
        State = CoordinationState.Empty with { GrantsAtOnce = Has(LeaseFaults.TwoTokensFromOneEntry) };
        for (var i = 1; i <= options.Holders; i++)
        {
            var process = new SimulatedProcess(new NodeId($"h{i}"), Schedule, NewClock());
            _holders.Add(new LeaseHolder(process, this, _chance.Stream($"holder {i}")));
        }
    }

    public LeaseOptions Options { get; }

    public Schedule Schedule { get; }

    public CoordinationState State { get; private set; }

    string ISimulatedWorld.Options => Options.ToString();

    public Trace Trace => Schedule.Trace;

    public TimeSpan Simulated => Schedule.Now - Instant.Zero;

    public IEnumerable<(string Name, long Count)> Figures =>
    [
        ("tokens", _tokens.Minted),
        ("acts", _holders.Sum(static holder => holder.Acts)),
        ("entries", (long)_last.Value),
        ("leaders", (long)(_leader?.Term.Value ?? 0)),
    ];

    public bool Has(LeaseFaults fault) => (Options.Faults & fault) != LeaseFaults.None;

    public bool Leads(LeaseLeader leader) => leader == _leader;

    public TimeSpan RoundTime() => _chance.UpTo(CommitMax);

    public void Run()
    {
        Elect();
        foreach (var holder in _holders) holder.Start();
        Schedule.Repeat(() => _chance.UpTo(Options.Ttl * 6), () =>
        {
            Elect();
            return true;
        });
        Schedule.Repeat(() => _chance.UpTo(Options.Ttl * 3), () =>
        {
            CutOff(_chance.Pick(_holders));
            return true;
        });
        Schedule.Repeat(() => _wall.UpTo(Options.Ttl * 2), () =>
        {
            SetWallClock();
            return true;
        });
        Schedule.RunUntil(Instant.Zero + (Options.Ttl * 60));
        Trace.Add(Schedule.Now, "", "end", (ulong)_holders.Sum(static holder => holder.Acts));
    }

    /// <summary>A client's message to the leader that it knows of: most often the present one.</summary>
    public void ToLeader(NodeId from, Action<LeaseLeader> ask)
    {
        var leader = _former is not null && _chance.Next(3) == 0 ? _former : _leader!;
        _network.Send(from, leader.Name, () => ask(leader));
    }

    public void Answer(LeaseLeader leader, NodeId to, Action arrive) => _network.Send(leader.Name, to, arrive);

    /// <summary>An entry is committed some time later, where the leader that took it still leads.</summary>
    public void Propose(CoordinationCommand command, Action<CoordinationAnswer>? answer = null)
    {
        var leader = _leader!;
        Schedule.After(_chance.UpTo(CommitMax), () =>
        {
            if (!Leads(leader) && _chance.Next(2) == 0) return;
            var applied = Commit(command);
            answer?.Invoke(applied);
        });
    }

    private CoordinationAnswer Commit(CoordinationCommand command)
    {
        _last = _last.Next();
        var stamped = new StampedCommand(
            new CommandStamp(1, _leader!.Wall.ToUnixTimeMilliseconds(), null), command);
        var applied = State.Apply(_last, _leader.Term, stamped);
        _tokens.Applied(_last, State, applied.State);
        State = applied.State;
        Trace.Add(Schedule.Now, "log", command.GetType().Name, _last.Value);
        return applied.Answer;
    }

    /// <summary>A holder goes on, and nobody hears it: it must stop before its lease is given to another.</summary>
    private void CutOff(LeaseHolder holder)
    {
        _network.Heal();
        if (_chance.Next(4) > 0) _network.Partition([holder.Name], Voters);
    }

    /// <summary>By up to an hour, forward or back, on any machine: nothing may hang on it.</summary>
    private void SetWallClock()
    {
        var by = TimeSpan.FromHours((2 * _wall.NextDouble()) - 1);
        var machine = _wall.Next(_holders.Count + 1);
        if (machine < _holders.Count) _holders[machine].Jump(by);
        else _leader!.Jump(by);
    }

    private void Elect()
    {
        _former = _leader;
        var term = (_leader?.Term ?? Term.Zero).Next();
        _leader = new LeaseLeader(Voters[term.Value % 3], term, this, NewClock());
        Trace.Add(Schedule.Now, _leader.Name.Value, "leads", term.Value);
        _leader.Begin();
    }

    private NodeClock NewClock() => new(
        () => Schedule.Now,
        1 + (Options.PaceSpread * ((2 * _clocks.NextDouble()) - 1)),
        _clocks.UpTo(TimeSpan.FromDays(1)));
}
