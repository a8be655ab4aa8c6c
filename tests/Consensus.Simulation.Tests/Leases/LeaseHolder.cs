using Holdfast.Client;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Simulation.Tests.Raft;
using Holdfast.Primitives;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests.Leases;

/// <summary>
/// A client's process: it keeps one session alive, stands for the elections, and acts as their holder for as long as
/// its lease says that it may. It is suspended at the worst moments.
/// </summary>
internal sealed class LeaseHolder(SimulatedProcess process, LeaseWorld world, Chance chance)
{
    private readonly Dictionary<string, Token> _held = new(StringComparer.Ordinal);
    private SessionId? _session;
    private Lease _lease;

    public NodeId Name => process.Name;

    public int Acts { get; private set; }

    private Instant Clock => world.Has(LeaseFaults.ClockStopsWhenSuspended)
        ? process.Clock.Running
        : world.Has(LeaseFaults.CountsByTheWallClock)
            ? new Instant(process.Clock.Wall.Ticks)
            : process.Clock.Boot;

    /// <summary>Somebody sets the wall clock of its machine.</summary>
    public void Jump(TimeSpan by) => process.Clock.Jump(by);

    private TimeSpan Margin => world.Options.Ttl / 50;

    public void Start()
    {
        process.Start();
        Repeat(world.Options.Ttl / 5, KeepAlive);
        Repeat(world.Options.Ttl / 1000, Act);
        world.Schedule.Repeat(() => chance.UpTo(world.Options.Ttl * 4), () =>
        {
            process.Suspend();
            world.Schedule.After(chance.UpTo(world.Options.Ttl * 2), process.Resume);
            return true;
        });
    }

    private void Repeat(TimeSpan pause, Action act)
    {
        process.After(chance.UpTo(2 * pause), () =>
        {
            act();
            Repeat(pause, act);
        });
    }

    private void KeepAlive()
    {
        var sentAt = Clock;
        if (_session is not { } session || world.State.Sessions.GetValueOrDefault(session)?.Standing !=
            SessionStanding.Live)
        {
            Open(sentAt);
            return;
        }

        world.ToLeader(Name, leader => leader.KeepAlive(session, record => world.Answer(leader, Name, () =>
            process.Do(() => Acknowledged(session, record, sentAt)))));
    }

    private void Open(Instant sentAt)
    {
        _session = null;
        _held.Clear();
        world.ToLeader(Name, leader => world.Propose(
            new CoordinationCommand.OpenSession(new ClusterId("east"), null, world.Options.Ttl, null, Agent: false),
            answer => world.Answer(leader, Name, () => process.Do(() =>
            {
                if (_session is not null || answer is not CoordinationAnswer.SessionState opened) return;
                _session = opened.Session.Id;
                _lease = new Lease(sentAt, world.Options.Ttl, Margin);
            }))));
    }

    private void Acknowledged(SessionId session, SessionRecord record, Instant sentAt)
    {
        if (session != _session) return;
        _lease = _lease.Acknowledged(world.Has(LeaseFaults.CountsFromTheAnswer) ? Clock : sentAt);
        foreach (var name in LeaseWorld.Elections)
        {
            if (!record.Elections.Contains(name.Value))
                world.ToLeader(Name, _ => world.Propose(new CoordinationCommand.Campaign(name, session)));
            else if (world.State.Election(name) is { } election && election.Holder == session)
                _held[name.Value] = election.Token;
        }
    }

    private void Act()
    {
        if (_session is not { } session) return;
        var ends = world.Has(LeaseFaults.NoMargin) ? _lease.SentAt + _lease.Ttl : _lease.EndsAt;
        if (Clock >= ends) return;
        foreach (var (election, token) in _held)
        {
            Acts++;
            var record = world.State.Elections[election];
            if (record.Holder is { } holder && holder != session && record.Token > token)
            {
                throw new SafetyViolationException(
                    "No act after the end of a lease",
                    $"{Name} acts as {election} under {token}, granted again as {record.Token}");
            }
        }
    }
}
