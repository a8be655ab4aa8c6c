using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Requests;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <content>
/// A marked request is carried out once (Ongaro's thesis, 6.3). What a session asks is remembered with the session, its
/// refusals included: a repeat is told what the first was told, though by now the answer would be another. What opens a
/// session is remembered as long as the session is, and only where it opened one.
/// </content>
public sealed partial record CoordinationState
{
    private RequestWindows Requests { get; init; } = RequestWindows.Empty(CoordinationLimits.Requests);

    // Invariant: exactly the sessions that have OpenedBy.
    private ImmutableSortedDictionary<ulong, SessionId> Openings { get; init; } =
        ImmutableSortedDictionary<ulong, SessionId>.Empty;

    /// <summary>Answers that are remembered, and what they count.</summary>
    public (int Answers, long Bytes) RememberedAnswers => (Requests.Answers, Requests.Bytes);

    private AppliedEntry ApplyOnce(Entry entry, RequestTag request, CoordinationCommand command)
    {
        // The leader marks nothing before the format allows it. An entry that is there all the same was read, and must
        // not be missing from the next snapshot.
        var state = this with { Format = Math.Max(Format, CommandCodec.RequestVersion) };
        if (command is CoordinationCommand.OpenSession open) return state.OpenOnce(entry, request.Number, open);
        return request.Session is { } id
            ? state.ApplyOnce(entry, id, request.Number, command)
            : state.Apply(entry, command);
    }

    private AppliedEntry ApplyOnce(Entry entry, SessionId id, ulong number, CoordinationCommand command)
    {
        if (!Sessions.TryGetValue(id, out var session)) return RefuseUnknown(id);
        var digest = CommandCodec.DigestOf(command);
        var client = id.Opened.Value;
        switch (Requests.Open(client, entry.Index).Judge(client, number, digest))
        {
            case RequestVerdict.Answered { Answer: var answer }:
                return new(this, AnswerCodec.Decode(answer.Span, command) with { IsRepeated = true });
            case RequestVerdict.Reused:
                return Refuse(
                    this, RefusalCode.RequestReused, $"Another request of session {id} has the number {number}.");
            case RequestVerdict.Forgotten { Floor: var floor }:
                return Refuse(
                    this,
                    RefusalCode.RequestForgotten,
                    $"Of session {id} requests below {floor} are forgotten; whether {number} was carried out is not " +
                    "known.");
        }

        if (session.Standing == SessionStanding.Ended)
            return Refuse(this, RefusalCode.SessionEnded, $"Session {id} has ended; a new one is wanted.");
        var applied = Apply(entry, command);
        var remembered = applied.State.Requests.Open(client, entry.Index)
            .Remember(client, number, digest, entry.Index, AnswerCodec.Encode(applied.Answer, command));
        return applied with { State = applied.State with { Requests = remembered } };
    }

    private AppliedEntry OpenOnce(Entry entry, ulong number, CoordinationCommand.OpenSession open)
    {
        if (!Openings.TryGetValue(number, out var id))
        {
            var opened = Open(entry, open);
            return opened.Answer is CoordinationAnswer.SessionState { Session: var session }
                ? opened.State.OpenedBy(session with { OpenedBy = number }, number)
                : opened;
        }

        var first = Sessions[id];
        if (first.Cluster != open.Cluster || first.Residence != open.Residence || first.Ttl != open.Ttl ||
            first.Name != open.Name || first.Agent != open.Agent)
        {
            return Refuse(this, RefusalCode.RequestReused, $"Another session was opened under the number {number}.");
        }

        // One that is over meanwhile is of no use to the client, which would begin to act under it.
        return RefuseToMint(id) ?? new(this, new CoordinationAnswer.SessionState(first with
        {
            Token = id.Opened,
            Elections = SessionRecord.NoElections,
        })
        { IsRepeated = true });
    }

    private AppliedEntry OpenedBy(SessionRecord session, ulong number) => new(
        this with
        {
            Sessions = Sessions.SetItem(session.Id, session),
            Openings = Openings.Add(number, session.Id),
        },
        new CoordinationAnswer.SessionState(session));

    private AppliedEntry RaiseFormat(CoordinationCommand.RaiseFormat raise) => new(
        this with { Format = Math.Max(Format, raise.Format) }, new CoordinationAnswer.Done());
}
