using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Simulation.Tests.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Simulation.Tests.Leases;

/// <summary>
/// Sees every entry, and demands that a token names one holder in one purpose for ever, that tokens grow with the log,
/// and that an entry mints one at most.
/// </summary>
internal sealed class TokenChecker
{
    private readonly Dictionary<Token, (SessionId Session, string Election)> _named = [];
    private Token _highest;

    public int Minted => _named.Count;

    public void Applied(LogIndex index, CoordinationState before, CoordinationState after)
    {
        var minted = 0;
        foreach (var session in after.Sessions.Values)
            if (!before.Sessions.ContainsKey(session.Id)) minted += Name(session.Token, session.Id, "");
        foreach (var (name, election) in after.Elections)
        {
            var known = before.Elections.GetValueOrDefault(name);
            if (election.Holder is { } holder && (known?.Token != election.Token || known.Holder != holder))
                minted += Name(election.Token, holder, name);
        }

        Demand(minted <= 1, $"entry {index} minted {minted} tokens");
    }

    private int Name(Token token, SessionId session, string election)
    {
        Demand(_named.TryAdd(token, (session, election)), $"token {token} names {session} and {_named[token]}");
        Demand(token > _highest, $"token {token} follows {_highest}");
        _highest = token;
        return 1;
    }

    private static void Demand(bool holds, string what)
    {
        if (!holds) throw new SafetyViolationException("Tokens", what);
    }
}
