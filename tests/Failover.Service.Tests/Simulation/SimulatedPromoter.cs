using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Tests.Simulation;

/// <summary>
/// A Failover process: the machine, its session and election, and its calls on their way. Between any two of its steps
/// it may be killed, or stopped and woken; what it was about to do when it was stopped it does when it wakes, however
/// long its lease is over by then.
/// </summary>
internal sealed class SimulatedPromoter(SweepWorld world, string name, string cluster)
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(3);

    private readonly ElectionName _election = ElectionName.Failover(new ClusterId(cluster));
    private readonly List<Action> _whenWoken = [];
    private FailoverMachine _machine = NewMachine(world, cluster);
    private SessionId? _session;
    private IReadOnlyList<SessionId> _living = [];
    private Instant _leaseUntil;
    private Token _told;
    private long _life;
    private long _wakes;
    private bool _isStopped;

    public bool IsSweeping => IsAny("Promoting");

    /// <summary>Whether a sweep is over, after which a new token shuts late calls out of every shard.</summary>
    public bool HasSwept => IsAny("Promoted");

    public void Start()
    {
        Step(new FailoverInput.Tick());
        Sit(_life);
    }

    public void Kill()
    {
        world.Note(name, "killed");
        _life++;
        (_machine, _session, _told, _isStopped) = (NewMachine(world, cluster), null, Token.None, false);
        _whenWoken.Clear();
        world.After(TimeSpan.FromSeconds(1), Start);
    }

    public void Stop(TimeSpan pause)
    {
        world.Note(name, "stopped");
        _isStopped = true;
        var life = _life;
        world.After(pause, () =>
        {
            if (life != _life || !_isStopped) return;
            world.Note(name, "woken");
            _isStopped = false;
            Action[] due = [.. _whenWoken];
            _whenWoken.Clear();
            foreach (var act in due) IfAlive(life, act);
        });
    }

    private static FailoverMachine NewMachine(SweepWorld world, string cluster) => new(
        new ClusterId(cluster), DirectoryUnderWatch.Shards, world.FailoverOptions, world.NewRandom());

    // Campaigns, keeps alive, and looks who holds the election, as a seat does.
    private void Sit(long life)
    {
        IfAlive(life, () =>
        {
            if (_session is not { } session || world.Log.IsEnded(session)) Lose();
            _session ??= Enter();
            _leaseUntil = world.Now + (0.99 * Ttl);
            var kept = world.Now;
            var mine = _session.Value;
            world.After(Ttl, () =>
            {
                if (_session != mine || _life != life || _leaseUntil <= kept + (0.99 * Ttl)) world.Log.Expire(mine);
            });
            if (world.Log.HeldBy(_election, mine) is { } token && _told == Token.None)
            {
                _told = token;
                Step(new FailoverInput.GrantHeld(token));
            }
        });
        if (life == _life) world.After(TimeSpan.FromMilliseconds(500), () => Sit(life));
    }

    private SessionId Enter()
    {
        var session = world.Log.Open(cluster, Ttl).Id;
        world.Log.Apply(new CoordinationCommand.Campaign(_election, session));
        return session;
    }

    private void Lose()
    {
        if (_told != Token.None) Step(new FailoverInput.GrantLost());
        (_session, _told) = (null, Token.None);
    }

    private void IfAlive(long life, Action act)
    {
        if (life != _life) return;
        if (_isStopped) _whenWoken.Add(() => IfAlive(life, act));
        else act();
    }

    private void Step(FailoverInput input)
    {
        var (life, output) = (_life, _machine.Step(input, world.Now));
        foreach (var notice in output.Notices) world.Hear(notice);
        if (output.Observe) Act(life, Observe);
        if (output.AdvanceElection) Act(life, Advance, isSealing: HasSwept);
        foreach (var call in output.Calls) Act(life, () => Send(call), IsSealing(call));
        if (output.WakeAt is not { } at || life != _life) return;
        var wake = ++_wakes;
        world.At(at, () => IfAlive(life, () =>
        {
            if (wake == _wakes) Step(new FailoverInput.Tick());
        }));
    }

    private bool IsAny(string phase) => _machine.View().Clusters.Any(watched => watched.Phase == phase);

    private bool IsSealing(ShardCall call) => call is ShardCall.InstallGrant && HasSwept;

    // A step of the sweep or of the seal after it: before each of them it may be killed or stopped.
    private void Act(long life, Action act, bool isSealing = false)
    {
        if (life != _life) return;
        if (!_isStopped) world.Disturb(this, isSealing);
        IfAlive(life, act);
    }

    private void Answer(long life, FailoverInput input) =>
        world.After(world.Delay(), () => IfAlive(life, () => Step(input)));

    private void Observe()
    {
        var (life, askedAt) = (_life, world.Now);
        world.After(world.Delay(), () =>
        {
            var snapshot = world.AnySnapshot();
            var observed = ObservationText.Read(snapshot, askedAt, world.Now, world.Log.UtcNow, (_, _) => false);
            Answer(life, new FailoverInput.Observed(observed));
            _living =
            [
                .. snapshot.Sessions
                    .Where(session => session.Cluster == "east" && session.State != "ended")
                    .Select(session => SessionId.Parse(session.Session)),
            ];
        });
    }

    private void Advance()
    {
        var (life, session) = (_life, _session);
        world.After(world.Delay(), () =>
        {
            var answer = session is { } mine
                ? world.Log.Apply(new CoordinationCommand.AdvanceElection(_election, mine))
                : null;
            Answer(life, answer is CoordinationAnswer.ElectionState { Election.Token: var token }
                ? new FailoverInput.Advanced(token)
                : new FailoverInput.AdvanceFailed());
        });
    }

    // The lease was asked before: whoever is stopped from here on sends all the same.
    private void Send(ShardCall call)
    {
        var life = _life;
        if (_told == Token.None || world.Now >= _leaseUntil)
        {
            Answer(life, new FailoverInput.CallEnded(call, new CallResult.Failed("the election is not held")));
            return;
        }

        world.Disturb(this, IsSealing(call));
        IfAlive(life, () =>
        {
            if (world.IsLost())
            {
                world.After(world.LongDelay(), () => world.Directory.Carry(call, _election, _living));
                world.After(TimeSpan.FromSeconds(0.5), () => IfAlive(life, () => Step(
                    new FailoverInput.CallEnded(call, new CallResult.Failed("no answer in time")))));
                return;
            }

            var living = _living;
            if (world.IsRepeated())
                world.After(world.LongDelay(), () => world.Directory.Carry(call, _election, living));
            world.After(world.Delay(), () => Arrive(life, call, living));
        });
    }

    private void Arrive(long life, ShardCall call, IReadOnlyList<SessionId> living)
    {
        var result = call is ShardCall.InstallGrant && world.LiesAboutInstalling()
            ? new CallResult.Done()
            : world.Directory.Carry(call, _election, living);
        if (call is ShardCall.InstallGrant install && result is CallResult.Done)
            world.Directory.Acknowledged(install, _election);
        Answer(life, new FailoverInput.CallEnded(call, result));
    }
}
