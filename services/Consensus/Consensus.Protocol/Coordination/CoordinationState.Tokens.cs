using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

public sealed partial record CoordinationState
{
    private ImmutableSortedDictionary<Token, MintedToken> Minted { get; init; } =
        ImmutableSortedDictionary<Token, MintedToken>.Empty;

    /// <summary>Whom a token names; null where it was never minted for a session or is forgotten.</summary>
    public TokenStanding? Find(Token token)
    {
        var minted = Minted.GetValueOrDefault(token) ?? FindCurrent(token);
        if (minted is null) return null;
        var session = Sessions.GetValueOrDefault(minted.Session);
        var newest = minted.Election is { } election
            ? Election(election)?.Token == token
            : session?.Token == token;
        return new TokenStanding(minted, newest, session?.Standing == SessionStanding.Live);
    }

    /// <summary>Tokens still in use outlive the bounded memory of old ones.</summary>
    private MintedToken? FindCurrent(Token token)
    {
        foreach (var election in Elections.Values)
        {
            if (election.Token == token && (election.Holder ?? election.PreviousHolder) is { } holder)
                return new MintedToken(token, holder, election.Name);
        }

        foreach (var session in Sessions.Values)
        {
            if (session.Token == token || session.Id.Opened == token) return new MintedToken(token, session.Id, null);
        }

        return null;
    }

    private CoordinationState Remember(MintedToken minted)
    {
        var all = Minted.Add(minted.Token, minted);
        if (all.Count > CoordinationLimits.TokensMax) all = all.Remove(all.Keys.First());
        return this with { Minted = all };
    }
}

/// <summary>What is known of a token.</summary>
/// <param name="Minted">Whom it names.</param>
/// <param name="Newest">Whether nothing newer was minted for the same purpose.</param>
/// <param name="SessionAlive">Whether its session has a right to tokens.</param>
public sealed record TokenStanding(MintedToken Minted, bool Newest, bool SessionAlive);
