using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// How fast a learner follows, in rounds: each carries what the log held when it began (thesis 4.2.1). One that takes
/// less than the shortest election timeout shows that as a voter it would hold up commits for no longer than that.
/// </summary>
internal sealed class CatchUpRounds(LogIndex last, Instant now)
{
    private LogIndex _end = last;
    private Instant _began = now;

    /// <summary>How long the last complete round took; null before the first is complete.</summary>
    public TimeSpan? LastTook { get; private set; }

    /// <summary>The learner holds the log up to <paramref name="match"/> of <paramref name="last"/>.</summary>
    public void Advance(LogIndex match, LogIndex last, Instant now)
    {
        if (match < _end) return;
        LastTook = now - _began;
        (_end, _began) = (last, now);
        if (match >= _end) LastTook = TimeSpan.Zero;
    }

    /// <summary>How long the present round takes already, where something of it is missing.</summary>
    public TimeSpan Running(LogIndex match, Instant now) => match < _end ? now - _began : TimeSpan.Zero;
}
