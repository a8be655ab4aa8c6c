using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>Lets the same news through once in a while, with the number of times it was held back since.</summary>
internal sealed class RepeatGate<TNews>(TimeSpan pause)
    where TNews : notnull
{
    // Bounded by the kinds of news, which are ours: what a voter can do wrong, for each voter, or a reason to refuse.
    private readonly Dictionary<TNews, (Instant ToldAt, int HeldBack)> _told = [];

    /// <summary>How often it was held back before; null when it is held back now.</summary>
    public int? Pass(TNews news, Instant now)
    {
        var isKnown = _told.TryGetValue(news, out var last);
        if (isKnown && now - last.ToldAt < pause)
        {
            _told[news] = last with { HeldBack = last.HeldBack + 1 };
            return null;
        }

        _told[news] = (now, 0);
        return last.HeldBack;
    }
}
