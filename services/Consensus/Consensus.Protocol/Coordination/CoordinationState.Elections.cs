using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

public sealed partial record CoordinationState
{
    // Elections are found vacated with a queue by asking; the set keeps the leader from searching all of them.
    private ImmutableSortedSet<string> Vacated { get; init; } = SessionRecord.NoElections;

    /// <summary>Elections that nobody holds and somebody waits for: the leader is to propose a grant.</summary>
    public IEnumerable<ElectionName> ElectionsToGrant =>
        Vacated.Where(name => Elections[name].Queue.Length > 0).Select(name => Elections[name].Name);

    private AppliedEntry Campaign(Entry entry, CoordinationCommand.Campaign campaign)
    {
        if (campaign.Election.Value == Announcement.ConsensusElection)
            return Refuse(this, RefusalCode.ReservedElection, "'consensus' is Raft's own leadership.");
        if (RefuseToMint(campaign.Session) is { } refused) return refused;
        var session = Sessions[campaign.Session];
        var election = Election(campaign.Election);

        // A repeated campaign: its first answer was lost, or the caller asks whether it is its turn.
        if (election is not null && session.Elections.Contains(election.Name.Value))
            return new(this, new CoordinationAnswer.ElectionState(election));
        if (session.Elections.Count >= CoordinationLimits.ElectionsPerSessionMax)
        {
            return Refuse(
                this,
                RefusalCode.TooManyElections,
                $"Session {session.Id} takes part in {CoordinationLimits.ElectionsPerSessionMax} elections already.");
        }

        var state = election is null ? WithElection(campaign.Election)?.HeldByPast(campaign.Election) : this;
        if (state?.Election(campaign.Election) is not { } known)
        {
            return Refuse(
                this, RefusalCode.TooManyElections, $"There are {CoordinationLimits.ElectionsMax} elections already.");
        }

        // Who waits goes first, also in the moment between the end of a holder and the grant to the next.
        if (known.Holder is null && known.Queue.IsEmpty)
            return state.Grant(entry, known, session.Id, GrantCause.Campaign);
        return known.Queue.Length >= CoordinationLimits.QueueMax
            ? Refuse(this, RefusalCode.QueueFull, $"{CoordinationLimits.QueueMax} wait for {known.Name} already.")
            : state.Enqueue(known, new Candidate(session.Id, entry.Stamp.TraceParent));
    }

    private AppliedEntry Enqueue(ElectionRecord election, Candidate candidate)
    {
        election = election with { Queue = election.Queue.Add(candidate) };
        var session = Sessions[candidate.Session];
        var state = this with
        {
            Elections = Elections.SetItem(election.Name.Value, election),
            Sessions = Sessions.SetItem(
                session.Id, session with { Elections = session.Elections.Add(election.Name.Value) }),
        };
        return new(state, new CoordinationAnswer.ElectionState(election));
    }

    private AppliedEntry Resign(Entry entry, CoordinationCommand.Resign resign)
    {
        if (!Sessions.TryGetValue(resign.Session, out var session)) return RefuseUnknown(resign.Session);
        if (!session.Elections.Contains(resign.Election.Value))
        {
            return Refuse(
                this,
                RefusalCode.NotHolder,
                $"Session {session.Id} neither holds {resign.Election} nor waits for it.");
        }

        var election = Elections[resign.Election.Value];
        var state = election.Holder == session.Id
            ? Vacate(entry, election, LossCause.Resigned, null)
            : LeaveQueue(election, session.Id);
        return new(state, new CoordinationAnswer.ElectionState(state.Elections[election.Name.Value]));
    }

    private AppliedEntry Advance(Entry entry, CoordinationCommand.AdvanceElection advance)
    {
        if (RefuseToMint(advance.Session) is { } refused) return refused;
        if (Election(advance.Election) is not { } election || election.Holder != advance.Session)
        {
            return Refuse(
                this, RefusalCode.NotHolder, $"Session {advance.Session} does not hold {advance.Election}.");
        }

        election = election with { Token = entry.Token };
        var state = this with { Elections = Elections.SetItem(election.Name.Value, election) };
        state = state.Remember(new MintedToken(entry.Token, advance.Session, election.Name));
        return new(state, new CoordinationAnswer.ElectionState(election));
    }

    private AppliedEntry GrantNext(Entry entry, CoordinationCommand.GrantNext grant)
    {
        // Held or deserted meanwhile: the leader proposed it before it saw that entry.
        if (Election(grant.Election) is not { Holder: null, Queue: [var next, .. var rest] } election)
            return new(this, new CoordinationAnswer.Done());
        election = election with { Queue = rest };
        var trace = election.VacatedTraceParent ?? next.TraceParent;
        var continued = entry with { Stamp = entry.Stamp with { TraceParent = trace } };
        return Grant(continued, election, next.Session, GrantCause.Queue);
    }

    private AppliedEntry Grant(Entry entry, ElectionRecord election, SessionId to, GrantCause cause)
    {
        var session = Sessions[to];
        Invariant.Holds(election.Holder is null);
        Invariant.Holds(session.Standing == SessionStanding.Live);
        var name = election.Name.Value;
        election = election with
        {
            Holder = to,
            Token = entry.Token,
            Term = entry.Term,
            VacatedTraceParent = null,
        };
        var state = this with
        {
            Elections = Elections.SetItem(name, election),
            Sessions = Sessions.SetItem(to, session with { Elections = session.Elections.Add(name) }),
            Vacated = Vacated.Remove(name),
        };
        var granted = new AnnouncedChange.ElectionGranted(
            name,
            to.ToString(),
            session.Cluster,
            session.Residence?.Node,
            entry.Token,
            election.PreviousHolder?.ToString(),
            election.PreviousHolder is null ? null : election.PreviousToken,
            cause);
        state = state.Remember(new MintedToken(entry.Token, to, election.Name)).Announce(entry, granted);
        return new(state, new CoordinationAnswer.ElectionState(election));
    }

    private CoordinationState Vacate(Entry entry, ElectionRecord election, LossCause cause, string? trace)
    {
        Invariant.Holds(election.Holder is not null);
        var holder = election.Holder.Value;
        var name = election.Name.Value;
        election = election with
        {
            Holder = null,
            PreviousHolder = holder,
            PreviousToken = election.Token,
            VacatedTraceParent = trace ?? entry.Stamp.TraceParent,
        };
        var session = Sessions[holder];
        var state = this with
        {
            Elections = Elections.SetItem(name, election),
            Sessions = Sessions.SetItem(holder, session with { Elections = session.Elections.Remove(name) }),
            Vacated = Vacated.Add(name),
        };
        var traced = entry with { Stamp = entry.Stamp with { TraceParent = election.VacatedTraceParent } };
        state = state.Announce(
            traced, new AnnouncedChange.ElectionLost(name, holder.ToString(), election.PreviousToken, cause));
        return GrantsAtOnce ? state.GrantNext(entry, new CoordinationCommand.GrantNext(election.Name)).State : state;
    }

    private CoordinationState LeaveQueues(SessionRecord session)
    {
        var state = this;
        foreach (var name in session.Elections)
        {
            var election = state.Elections[name];
            if (election.Holder != session.Id) state = state.LeaveQueue(election, session.Id);
        }

        return state;
    }

    private CoordinationState LeaveQueue(ElectionRecord election, SessionId id)
    {
        var queue = election.Queue.RemoveAll(candidate => candidate.Session == id);
        Invariant.Holds(queue.Length == election.Queue.Length - 1);
        var session = Sessions[id];
        return this with
        {
            Elections = Elections.SetItem(election.Name.Value, election with { Queue = queue }),
            Sessions = Sessions.SetItem(id, session with { Elections = session.Elections.Remove(election.Name.Value) }),
        };
    }

    /// <summary>With one more election; the one deserted longest makes room. Null where all are in use.</summary>
    private CoordinationState? WithElection(ElectionName name)
    {
        var state = this;
        if (Elections.Count >= CoordinationLimits.ElectionsMax)
        {
            var deserted = Vacated.Select(key => Elections[key]).Where(election => election.Queue.IsEmpty)
                .MinBy(election => election.Token);
            if (deserted is null) return null;
            state = this with
            {
                Elections = Elections.Remove(deserted.Name.Value),
                Vacated = Vacated.Remove(deserted.Name.Value),
            };
        }

        return state with { Elections = state.Elections.Add(name.Value, new ElectionRecord { Name = name }) };
    }
}
