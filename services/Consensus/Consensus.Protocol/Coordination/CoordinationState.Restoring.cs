using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Protocol.Requests;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <content>
/// A new life from a backup. What was granted after the backup was taken is unknown, and its holders may still act:
/// each until its lease ends. So no session of the old life goes on, and every election, also one that nobody here has
/// heard of, is held by one session that nobody can keep alive. When its time to live has run out, by the clock of a
/// leader of the new life, all are granted again to those who wait.
/// </content>
public sealed partial record CoordinationState
{
    private static readonly ClusterId PastCluster = new("restored");

    // Holds what the life before the restore may have granted; null when there was none, or it has ended. It is the
    // first by its token, and only it is revoked without living on a node that could be fenced.
    private SessionRecord? Past =>
        Sessions.FirstOrDefault().Value is { Standing: SessionStanding.Revoked, Residence: null } past ? past : null;

    /// <summary>This state as the beginning of a new life.</summary>
    /// <param name="generation">Above every generation that ever minted a token.</param>
    /// <param name="term">Where the terms of the new life begin.</param>
    /// <param name="ttlMax">The longest time to live that a session of the old life may have had.</param>
    public CoordinationState Restored(ushort generation, Term term, TimeSpan ttlMax)
    {
        Invariant.Holds(generation > ConsensusGeneration);
        Invariant.Holds(term > AppliedTerm);
        var token = Token.Mint(generation, AppliedIndex.Value);
        var past = new SessionRecord
        {
            Id = new SessionId(token),
            Token = token,
            Cluster = PastCluster,
            Residence = null,
            Ttl = ttlMax,
            Name = "everything granted before the restore",
            Agent = false,
            Standing = SessionStanding.Revoked,
            Elections = SessionRecord.NoElections.Union(Elections.Keys),
        };
        return this with
        {
            AppliedTerm = term,
            ConsensusGeneration = generation,
            Sessions = Empty.Sessions.Add(past.Id, past),
            Ended = Empty.Ended,
            EndedSessionCount = 0,
            Openings = Empty.Openings,
            Requests = RequestWindows.Empty(CoordinationLimits.Requests),
            Vacated = SessionRecord.NoElections,
            Elections = Elections.SetItems(Elections.Select(pair =>
                KeyValuePair.Create(pair.Key, pair.Value with { Holder = past.Id, Queue = [] }))),
        };
    }

    /// <summary>An election that may have been granted in the old life, although nothing here says so.</summary>
    private CoordinationState HeldByPast(ElectionName name)
    {
        if (Past is not { } past) return this;
        return this with
        {
            Elections = Elections.SetItem(name.Value, Elections[name.Value] with
            {
                Holder = past.Id,
                Token = past.Token,
                Term = AppliedTerm,
            }),
            Sessions = Sessions.SetItem(past.Id, past with { Elections = past.Elections.Add(name.Value) }),
        };
    }
}
