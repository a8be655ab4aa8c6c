using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// The right to act: the token of the own election, and the wish for a newer one. Two things want a newer token: a slot
/// that another cluster's Recovery placed under a higher one, and a shard that knows a higher grant.
/// </summary>
internal sealed class Grant(Backoff backoff)
{
    private Token _wantedAbove;
    private bool _isAdvancing;
    private int _failures;
    private Instant _notBefore;

    public bool IsHeld { get; private set; }

    /// <summary>The newest token; <see cref="Token.None"/> while the election is not held.</summary>
    public Token Token { get; private set; }

    /// <summary>
    /// A shard answered with a higher token: perhaps a successor's. Nothing is called until the election itself has
    /// said, by an advance, who holds it.
    /// </summary>
    public bool IsDoubted { get; private set; }

    public bool IsUsable => IsHeld && !IsDoubted;

    /// <summary>When an advance may be tried; null when none is wanted or one is under way.</summary>
    public Instant? WakeAt => IsHeld && !_isAdvancing && _wantedAbove >= Token ? _notBefore : null;

    /// <summary>True when this is another grant than the one held so far.</summary>
    public bool Hold(Token token)
    {
        if (IsHeld && token <= Token) return false; // A repeated or late confirmation.
        (IsHeld, Token, IsDoubted) = (true, token, false);
        return true;
    }

    public void Lose() => (IsHeld, IsDoubted, Token, _wantedAbove) = (false, false, Token.None, Token.None);

    public void WantAbove(Token bound)
    {
        if (bound > _wantedAbove) _wantedAbove = bound;
    }

    public void Doubt(Token bound)
    {
        IsDoubted = true;
        WantAbove(bound);
    }

    public bool TryAdvance(Instant now)
    {
        if (WakeAt is not { } at || now < at) return false;
        _isAdvancing = true;
        return true;
    }

    public void Advanced(Token token)
    {
        _isAdvancing = false;
        _failures = 0;

        // An answer that crossed with the loss of the election, or with a newer grant, says nothing any more.
        if (!IsHeld || token <= Token) return;
        Token = token;
        if (token > _wantedAbove) IsDoubted = false;
    }

    public void AdvanceFailed(Instant now)
    {
        _isAdvancing = false;
        _failures++;
        _notBefore = now + backoff.After(_failures);
    }
}
