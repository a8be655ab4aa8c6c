using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// Has old tombstones erased on the shards that this Failover looks after, one small step at a time: the floor of a
/// shard is raised, and what is below it goes, page by page.
/// </summary>
/// <remarks>
/// A floor is a token that nobody's grant was below when it was noted, so no promoter is shut out by it, and that is
/// <c>ageMin</c> old when it is used. A session that has an older one is told so with its next claim, and advances, as
/// after a loss. For old grants not to hold the floor down for ever, each Failover has its own renewed before it notes.
/// </remarks>
/// <param name="ageMin">How old a token is before it may fall below a floor, and the rest between two rounds.</param>
public sealed class Upkeep(TimeSpan ageMin)
{
    private Instant? _restsUntil;
    private Token? _renewing;
    private (Token Floor, Instant At)? _noted;
    private ImmutableQueue<int> _shards = [];
    private Token _floor;
    private bool _isRaised;
    private string? _cursor;

    /// <summary>
    /// The one thing to do now, null when there is nothing; asked only after <see cref="Ended"/> was told of the last.
    /// </summary>
    public UpkeepStep? Next(UpkeepSighting seen, Instant now)
    {
        if (seen.Token == Token.None)
        {
            Forget();
            return null;
        }

        if (NextOf(seen) is { } step) return step;
        if (now < (_restsUntil ??= now + ageMin)) return null;
        if (_noted is { } noted)
        {
            if (now < noted.At + ageMin) return null;
            (_floor, _shards, _noted, _renewing) = (noted.Floor, [.. seen.Shards], null, null);
            return NextOf(seen) ?? Renew(seen.Token);
        }

        if (_renewing is not { } old) return Renew(seen.Token);

        // An observation that does not reach the own newest token may not know the others' either.
        if (seen.Token > old && seen.Horizon >= seen.Token && seen.LowestGrant is { } lowest)
            _noted = (lowest < seen.Token ? lowest : seen.Token, now);
        return null;
    }

    /// <summary>What a step came to. A shard where one failed is left for the next round.</summary>
    /// <param name="step">The step.</param>
    /// <param name="isDone">Whether it was carried out.</param>
    /// <param name="next">After a page, the cursor of the next; null at the end of the shard.</param>
    public void Ended(UpkeepStep step, bool isDone, string? next = null)
    {
        if (step is UpkeepStep.Renew || _shards.IsEmpty || _shards.Peek() != step.Shard) return;
        (_isRaised, _cursor) = (isDone, next);
        if (!isDone || (step is UpkeepStep.Erase && next is null)) Leave();
    }

    private UpkeepStep.Renew Renew(Token token)
    {
        _renewing = token;
        return new UpkeepStep.Renew();
    }

    private UpkeepStep? NextOf(UpkeepSighting seen)
    {
        while (!_shards.IsEmpty && !seen.Shards.Contains(_shards.Peek())) Leave();
        if (_shards.IsEmpty) return null;
        return _isRaised
            ? new UpkeepStep.Erase(_shards.Peek(), seen.Token, _cursor)
            : new UpkeepStep.RaiseFloor(_shards.Peek(), seen.Token, _floor);
    }

    private void Leave() => (_shards, _isRaised, _cursor) = (_shards.Dequeue(), false, null);

    private void Forget() => (_restsUntil, _renewing, _noted, _shards, _isRaised, _cursor) =
        (null, null, null, [], false, null);
}

/// <summary>What the upkeep goes by.</summary>
/// <param name="Token">The own token; <see cref="Token.None"/> while the election is not held.</param>
/// <param name="Shards">The shards that this Failover looks after.</param>
/// <param name="Horizon">How far the observation reaches that the next is from.</param>
/// <param name="LowestGrant"><inheritdoc cref="Observation.LowestGrant" path="/summary"/></param>
public sealed record UpkeepSighting(Token Token, IReadOnlyList<int> Shards, Token Horizon, Token? LowestGrant);

/// <summary>One step of the upkeep.</summary>
/// <param name="Shard">The shard; -1 for none.</param>
public abstract record UpkeepStep(int Shard)
{
    /// <summary>The own election gets a newer token: <see cref="FailoverInput.Renew"/>.</summary>
    public sealed record Renew() : UpkeepStep(-1);

    /// <summary>The floor of a shard, under the own token.</summary>
    public sealed record RaiseFloor(int Shard, Token Token, Token Floor) : UpkeepStep(Shard);

    /// <summary>A page of a shard; the first has no cursor.</summary>
    public sealed record Erase(int Shard, Token Token, string? Cursor) : UpkeepStep(Shard);
}
