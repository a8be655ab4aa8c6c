using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// The right to act: the token of the own election, and the wish for a newer one. Three things want a newer token: a
/// sweep that begins (to be above every token of a fenced session), a sweep that ended (so that its late calls can be
/// shut out), and a shard that knows a higher one. One advance serves all who wait. Each is a commit, so one that does
/// not get above what it was for is followed by the same pause as one that failed: there may be no such token for long,
/// or ever, where a shard names one that Consensus never gave.
/// </summary>
internal sealed class Grant(Backoff backoff)
{
    private Token _wantedAbove;

    // The same as it was when the newest advance began.
    private Token _askedAbove;
    private bool _isAdvancing;
    private int _failures;
    private Instant _notBefore;

    public bool IsHeld { get; private set; }

    /// <summary>The newest token; <see cref="Token.None"/> while the election is not held.</summary>
    public Token Token { get; private set; }

    /// <summary>The newest token ever held: what is said about a loss is said under it.</summary>
    public Token LastHeld { get; private set; }

    /// <summary>
    /// A shard answered with a higher token: perhaps a successor's. Nothing is called until the election itself has
    /// said, by an advance, who holds it.
    /// </summary>
    public bool IsDoubted { get; private set; }

    public bool IsUsable => IsHeld && !IsDoubted;

    /// <summary>When the next advance may begin; null when none is wanted or one is under way.</summary>
    public Instant? WakeAt => IsHeld && !_isAdvancing && _wantedAbove >= Token ? _notBefore : null;

    public void Hold(Token token)
    {
        if (token < LastHeld || (IsHeld && token == Token)) return; // Old, or a repeated confirmation of the grant.
        var isTheSameAgain = token == LastHeld;
        IsHeld = true;
        Raise(token);

        // Lost only in our own eyes and found again: the calls of then carry the token of now.
        if (isTheSameAgain) Seal();
    }

    public void Lose()
    {
        IsHeld = false;
        IsDoubted = false;
        Token = Token.None;
        _wantedAbove = Token.None;
    }

    public void WantAbove(Token bound)
    {
        if (bound > _wantedAbove) _wantedAbove = bound;
    }

    public void Doubt(Token bound)
    {
        IsDoubted = true;
        WantAbove(bound);
    }

    /// <summary>Wants every call made so far to become powerless: a newer token, installed on every shard.</summary>
    public void Seal()
    {
        if (!IsHeld) return; // The successor's installation does it.
        WantAbove(Token);
    }

    /// <summary>
    /// Wants a token above every floor, installed on every shard: below its floor a shard lets nobody act, and with its
    /// memory it lost the grants.
    /// </summary>
    public void StandAbove(IEnumerable<Token> floors)
    {
        if (!IsHeld || !floors.Any(floor => floor > Token)) return;
        WantAbove(floors.Max());
    }

    public bool TryAdvance(Instant now)
    {
        if (WakeAt is not { } at || now < at) return false;
        _isAdvancing = true;
        _askedAbove = _wantedAbove;
        return true;
    }

    public void Advanced(Token token, Instant now)
    {
        _isAdvancing = false;

        // What was wanted only since it began is no failure of this one, and is advanced for at once.
        if (token > _askedAbove) _failures = 0;
        else Pause(now);

        // An answer that crossed with the loss of the election, or with a newer grant, says nothing any more.
        if (IsHeld && token > Token) Raise(token);
    }

    public void AdvanceFailed(Instant now)
    {
        _isAdvancing = false;
        Pause(now);
    }

    private void Pause(Instant now)
    {
        _failures++;
        _notBefore = now + backoff.After(_failures);
    }

    private void Raise(Token token)
    {
        Invariant.Holds(token >= LastHeld);
        Token = token;
        LastHeld = token;
        if (token > _wantedAbove) IsDoubted = false;
    }
}
