using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

public sealed partial record CoordinationState
{
    /// <summary>Sessions that have not ended.</summary>
    public int OpenSessionCount => Sessions.Count - EndedSessionCount;

    private int EndedSessionCount { get; init; }

    // Invariant: the ended sessions in Sessions, in the order in which they ended.
    private ImmutableQueue<SessionId> Ended { get; init; } = [];

    private AppliedEntry Open(Entry entry, CoordinationCommand.OpenSession open)
    {
        if (open.Ttl < CoordinationLimits.TtlMin || open.Ttl > CoordinationLimits.TtlMax)
        {
            return Refuse(
                this,
                RefusalCode.IllegalTtl,
                $"ttl {open.Ttl} is not between {CoordinationLimits.TtlMin} and {CoordinationLimits.TtlMax}.");
        }

        if (open is { Agent: true, Residence: null })
            return Refuse(this, RefusalCode.AgentWithoutNode, "The session of an agent must name its node.");
        if (RefuseToLive(open) is { } refused) return refused;
        if (OpenSessionCount >= CoordinationLimits.SessionsMax)
        {
            return Refuse(
                this, RefusalCode.TooManySessions, $"There are {CoordinationLimits.SessionsMax} sessions already.");
        }

        var state = open.Residence is { } home ? WithNode(home, open.Cluster) : this;
        if (state is null)
            return Refuse(this, RefusalCode.TooManyNodes, $"There are {CoordinationLimits.NodesMax} nodes already.");

        // An agent that opens again for the same boot lost the answer to its first opening, or its own memory: the
        // earlier session has nobody to act under it, and two would make the silence of one of them look like health.
        if (open.Agent && state.AgentSession(open.Residence!) is { } earlier)
            state = state.End(entry, earlier, LossCause.Resigned);

        var session = new SessionRecord
        {
            Id = new SessionId(entry.Token),
            Token = entry.Token,
            Cluster = open.Cluster,
            Residence = open.Residence,
            Ttl = open.Ttl,
            Name = open.Name,
            Agent = open.Agent,
        };
        state = state with { Sessions = state.Sessions.Add(session.Id, session) };
        state = state.Remember(new MintedToken(entry.Token, session.Id, null));
        return new(state, new CoordinationAnswer.SessionState(session));
    }

    private AppliedEntry? RefuseToLive(CoordinationCommand.OpenSession open)
    {
        if (open.Residence is not { } home) return null;
        if (!Nodes.TryGetValue(home.Node, out var node))
        {
            return home.Generation > ForgottenGeneration || ForgottenGeneration.Value == 0
                ? null
                : Refuse(
                    this,
                    RefusalCode.GenerationFenced,
                    $"Nodes up to generation {ForgottenGeneration} were fenced and forgotten; {home.Node} must come " +
                    "with a higher one.");
        }

        if (node.Fence is { } fence && home.Generation <= fence.Generation)
        {
            return Refuse(
                this,
                RefusalCode.GenerationFenced,
                $"{home.Node} is fenced up to generation {fence.Generation}; a higher one is wanted.");
        }

        return node.Cluster != open.Cluster && home.Generation <= node.Generation
            ? Refuse(
                this,
                RefusalCode.NodeInOtherCluster,
                $"{home.Node} is in cluster {node.Cluster}; it may move with a generation above {node.Generation}.")
            : null;
    }

    private SessionRecord? AgentSession(Residence home)
    {
        foreach (var session in Sessions.Values)
        {
            if (session is { Agent: true, Standing: not SessionStanding.Ended } && session.Residence == home)
                return session;
        }

        return null;
    }

    private AppliedEntry Advance(Entry entry, CoordinationCommand.AdvanceSession advance)
    {
        if (RefuseToMint(advance.Session) is { } refused) return refused;
        var session = Sessions[advance.Session] with { Token = entry.Token };
        var state = this with { Sessions = Sessions.SetItem(session.Id, session) };
        state = state.Remember(new MintedToken(entry.Token, session.Id, null));
        return new(state, new CoordinationAnswer.SessionState(session));
    }

    private AppliedEntry Close(Entry entry, CoordinationCommand.CloseSession close)
    {
        if (!Sessions.TryGetValue(close.Session, out var session)) return RefuseUnknown(close.Session);

        // A repeated close: its first answer was lost.
        if (session.Standing == SessionStanding.Ended) return new(this, new CoordinationAnswer.SessionState(session));
        var state = End(entry, session, LossCause.Resigned);
        return new(state, new CoordinationAnswer.SessionState(session with
        {
            Standing = SessionStanding.Ended,
            Elections = SessionRecord.NoElections,
        }));
    }

    private AppliedEntry Expire(Entry entry, CoordinationCommand.ExpireSession expire)
    {
        // Ended or forgotten meanwhile: the leader proposed it before it saw that entry.
        if (!Sessions.TryGetValue(expire.Session, out var session) || session.Standing == SessionStanding.Ended)
            return new(this, new CoordinationAnswer.Done());
        if (expire.Decided != entry.Term) return new(this, new CoordinationAnswer.Done());
        var cause = session.Standing == SessionStanding.Revoked ? LossCause.Revoked : LossCause.Expired;
        return new(End(entry, session, cause), new CoordinationAnswer.Done());
    }

    /// <summary>Vacates what the session holds and forgets where it waits. Mints nothing.</summary>
    private CoordinationState End(Entry entry, SessionRecord session, LossCause cause)
    {
        Invariant.Holds(session.Standing != SessionStanding.Ended);
        var state = LeaveQueues(session);
        foreach (var name in state.Sessions[session.Id].Elections)
            state = state.Vacate(entry, state.Elections[name], cause, session.RevokedTraceParent);
        var ended = session with { Standing = SessionStanding.Ended, Elections = SessionRecord.NoElections };
        state = state with
        {
            Sessions = state.Sessions.SetItem(ended.Id, ended),
            Ended = state.Ended.Enqueue(ended.Id),
            EndedSessionCount = state.EndedSessionCount + 1,
        };
        if (state.EndedSessionCount <= CoordinationLimits.EndedSessionsMax) return state;
        state = state with
        {
            Ended = state.Ended.Dequeue(out var forgotten),
            EndedSessionCount = state.EndedSessionCount - 1,
        };
        return state.Forget(forgotten);
    }

    private CoordinationState Forget(SessionId session) => this with
    {
        Sessions = Sessions.Remove(session),
        Requests = Requests.Close(session.Opened.Value),
        Openings = Sessions[session].OpenedBy is { } number ? Openings.Remove(number) : Openings,
    };

    private AppliedEntry? RefuseToMint(SessionId id)
    {
        if (!Sessions.TryGetValue(id, out var session)) return RefuseUnknown(id);
        return session.Standing switch
        {
            SessionStanding.Live => null,
            SessionStanding.Revoked => Refuse(
                this,
                RefusalCode.SessionRevoked,
                $"The node of session {id} is fenced; a session of a higher generation of it is wanted."),
            _ => Refuse(this, RefusalCode.SessionEnded, $"Session {id} has ended; a new one is wanted."),
        };
    }

    private AppliedEntry RefuseUnknown(SessionId id) =>
        Refuse(this, RefusalCode.UnknownSession, $"No session {id} is remembered; a new one is wanted.");
}
