using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests.Leases;

/// <summary>
/// One leader with the real arithmetic of leases: it hears keep-alives, acknowledges them after a majority's word, and
/// ends who is silent. When another takes over it does not know at once.
/// </summary>
internal sealed class LeaseLeader(NodeId name, Term term, LeaseWorld world, NodeClock clock)
{
    private static readonly TimeSpan CheckPause = TimeSpan.FromMilliseconds(10);

    private readonly SessionLeases _leases = new();

    public NodeId Name { get; } = name;

    public Term Term { get; } = term;

    private bool MayAnswer => world.Leads(this) || world.Has(LeaseFaults.AcknowledgesUnconfirmed);

    /// <summary>What its machine takes for the time of day, for stamps in the log.</summary>
    public DateTimeOffset Wall => clock.Wall;

    public void Jump(TimeSpan by) => clock.Jump(by);

    public void Begin()
    {
        _leases.BeginLeading(world.State, clock.Boot);
        world.Schedule.Repeat(() => CheckPause, () =>
        {
            if (!world.Leads(this)) return false;
            Check();
            return true;
        });
    }

    public void KeepAlive(SessionId session, Action<SessionRecord> answer)
    {
        var receivedAt = clock.Boot;
        if (Find(session) is { Standing: not SessionStanding.Ended }) _leases.Heard(session, receivedAt);

        // The round of heartbeats that a majority answers; who was replaced finds none.
        world.Schedule.After(world.RoundTime(), () =>
        {
            if (!MayAnswer || Find(session) is not { Standing: SessionStanding.Live } record) return;
            if (_leases.TryAcknowledge(session, receivedAt)) answer(record);
        });
    }

    private SessionRecord? Find(SessionId session) => world.State.Sessions.GetValueOrDefault(session);

    private void Check()
    {
        foreach (var session in _leases.Due(world.State, clock.Boot))
            world.Propose(new CoordinationCommand.ExpireSession(session, Term));
        foreach (var election in world.State.Elections.Values)
            if (election is { Holder: null, Queue.IsEmpty: false })
                world.Propose(new CoordinationCommand.GrantNext(election.Name));
    }
}
