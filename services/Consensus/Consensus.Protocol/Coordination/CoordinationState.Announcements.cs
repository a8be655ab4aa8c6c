using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

public sealed partial record CoordinationState
{
    private AppliedEntry BeginTerm(Entry entry, CoordinationCommand.BeginTerm begin)
    {
        Invariant.Holds(begin.NoOp < entry.Index);

        // Came into the log only after another term had begun: its proposer leads no more.
        if (begin.Won != entry.Term) return new(this, new CoordinationAnswer.Done());

        // Proposed twice by the same leader: the first answer was lost to it.
        if (Leadership is { } current && current.Term >= entry.Term) return new(this, new CoordinationAnswer.Done());
        var token = Token.Mint(ConsensusGeneration, begin.NoOp.Value);
        var state = this with { Leadership = new Leadership(begin.Leader, entry.Term, token) };
        if (Leadership is { } previous)
        {
            state = state.Announce(entry, new AnnouncedChange.ElectionLost(
                Announcement.ConsensusElection, previous.Leader.Value, previous.Token, LossCause.SteppedDown));
        }

        var won = new AnnouncedChange.ElectionGranted(
            Announcement.ConsensusElection,
            begin.Leader.Value,
            Cluster: null,
            begin.Leader,
            token,
            Leadership?.Leader.Value,
            Leadership?.Token,
            GrantCause.Vote);
        return new(state.Announce(entry, won), new CoordinationAnswer.Done());
    }

    private AppliedEntry RecordAnnounced(CoordinationCommand.RecordAnnounced announced)
    {
        // An older leader's record that was overtaken: going back would only announce again.
        if (announced.UpTo <= AnnouncedIndex) return new(this, new CoordinationAnswer.Done());
        Invariant.Holds(announced.UpTo < AppliedIndex);
        return new(
            this with
            {
                AnnouncedIndex = announced.UpTo,
                Outbox = Outbox.RemoveAll(announcement => announcement.Index <= announced.UpTo),
            },
            new CoordinationAnswer.Done());
    }

    private CoordinationState Announce(Entry entry, AnnouncedChange change)
    {
        var ordinal = Outbox is [.., var last] && last.Index == entry.Index ? last.Ordinal + 1 : 0;
        var outbox = Outbox.Add(new Announcement
        {
            Index = entry.Index,
            Ordinal = ordinal,
            Term = entry.Term,
            ConsensusGeneration = entry.Token.ConsensusGeneration,
            ProposedAtUnixMs = entry.Stamp.ProposedAtUnixMs,
            TraceParent = entry.Stamp.TraceParent,
            Change = change,
        });
        if (outbox.Count > CoordinationLimits.OutboxMax)
        {
            // State events: of one kind and subject only the newest counts, so the older one may go.
            var worthless = outbox.FindIndex(0, outbox.Count - 1, older =>
                older.Change.GetType() == change.GetType() && older.Change.Subject == change.Subject);
            if (worthless >= 0) outbox = outbox.RemoveAt(worthless);
        }

        return this with { Outbox = outbox };
    }
}
