using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Simulation;

namespace Holdfast.Failover.Service.Tests.Simulation;

/// <summary>Consensus as one list of entries on the world's clock: its own state machine, without Raft.</summary>
internal sealed class SimulatedLog(Schedule schedule)
{
    private static readonly Term Term = new(1);
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<(ulong Index, bool IsAlive)> _eastLived = [];
    private ulong _index;

    public CoordinationState State { get; private set; } = CoordinationState.Empty;

    public DateTimeOffset Clock => Epoch + (schedule.Now - Instant.Zero);

    public DateTime UtcNow => Clock.UtcDateTime;

    public ConsensusSnapshot Snapshot() => PaperAnswers.Of(State, layoutProblem: null);

    public CoordinationAnswer Apply(CoordinationCommand command)
    {
        var answer = ApplyOne(command);

        // What a leader would propose by itself: vacated elections go to the next in line.
        while (State.ElectionsToGrant.ToArray() is { Length: > 0 } vacant)
            foreach (var election in vacant) ApplyOne(new CoordinationCommand.GrantNext(election));
        return answer;
    }

    public SessionRecord Open(string cluster, TimeSpan ttl, string? node = null, ulong generation = 1)
    {
        var residence = node is null ? null : new Residence(new NodeId(node), new Generation(generation));
        var answer = Apply(new CoordinationCommand.OpenSession(
            new ClusterId(cluster), residence, ttl, Name: null, Agent: false));
        return ((CoordinationAnswer.SessionState)answer).Session;
    }

    public void Live(string node, string cluster, ulong generation)
    {
        Apply(new CoordinationCommand.OpenSession(
            new ClusterId(cluster),
            new Residence(new NodeId(node), new Generation(generation)),
            TimeSpan.FromMinutes(10),
            Name: null,
            Agent: true));
        if (cluster == "east") _eastLived.Add((_index, true));
    }

    public void Fence(string node, string cluster, FenceCause cause)
    {
        Apply(new CoordinationCommand.FenceNode(
            new NodeId(node), new ClusterId(cluster), new Generation(1), cause, new NodeId("w1"), TimeSpan.Zero, []));
        if (cluster == "east") _eastLived.Add((_index, false));
    }

    /// <summary>The time to live of a session has run out.</summary>
    public void Expire(SessionId session)
    {
        if (!IsEnded(session)) Apply(new CoordinationCommand.ExpireSession(session, Term));
    }

    public bool IsEnded(SessionId session) =>
        State.Sessions.GetValueOrDefault(session) is not { Standing: not SessionStanding.Ended };

    /// <summary>Whether east was alive when a token was minted.</summary>
    public bool WasEastAliveAt(Token token) => _eastLived.LastOrDefault(one => one.Index <= token.Index).IsAlive;

    /// <summary>The token under which a session holds an election; null when it does not.</summary>
    public Token? HeldBy(ElectionName election, SessionId session) =>
        State.Election(election) is { } held && held.Holder == session ? held.Token : null;

    private CoordinationAnswer ApplyOne(CoordinationCommand command)
    {
        var ms = Clock.ToUnixTimeMilliseconds();
        var applied = State.Apply(
            new LogIndex(++_index), Term, new StampedCommand(new CommandStamp(0, ms, null), command));
        State = applied.State;
        return applied.Answer;
    }
}
