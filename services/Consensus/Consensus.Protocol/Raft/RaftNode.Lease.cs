using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>
/// Leases (thesis 6.4.1), where the option is on. A follower that answers a heartbeat promises to help nobody depose
/// the leader for the shortest election timeout. The leader counts from the beginning of the round that the answer
/// names, which was before the follower heard it, and less than was promised by what two clocks can differ in that
/// time. While a majority's promises hold, no other leader can be elected, and so nothing be acknowledged elsewhere.
/// <para>
/// The promise outlives what else a follower knows of the leader: a higher term, a hint, a restart. Only the leader
/// itself may release from it, by asking another to stand; from then on it has no lease in its term, however late the
/// request arrives.
/// </para>
/// </content>
public sealed partial class RaftNode
{
    // Answers to rounds older than these extend no lease.
    private const int RoundsRememberedMax = 64;

    private readonly Queue<(Round Round, Instant Begun)> _roundsBegun = new();
    private bool _hasReleased;

    // Until then this voter helps nobody to depose the leader that it promised to.
    private Instant _promisedUntil;

    private bool IsPromised => _now < _promisedUntil && !Has(RaftFaults.PromiseBroken);

    private bool HoldsLease =>
        _options.LeaseReads && !_hasReleased && _log.Commit >= _termStart && _now < LeaseEnd;

    private Instant LeaseEnd =>
        Members.ReachedByMajority(voter => voter == Self ? Instant.MaxValue : _followers[voter].PromisedUntil);

    // As configured, whatever is in force: see what can be changed while the node runs.
    private TimeSpan PromiseMax =>
        Has(RaftFaults.PromiseStretched) ? ElectionTimeoutMin : _options.ElectionTimeoutMin;

    private void BeginRound()
    {
        _round = _round.Next();
        if (!_options.LeaseReads) return;
        _roundsBegun.Enqueue((_round, _now));
        if (_roundsBegun.Count > RoundsRememberedMax) _roundsBegun.Dequeue();
    }

    /// <summary>What an answer to the leader's heartbeat promises.</summary>
    private TimeSpan Promise()
    {
        if (!_options.LeaseReads) return TimeSpan.Zero;
        _promisedUntil = _now + PromiseMax;
        return PromiseMax;
    }

    /// <summary>
    /// An earlier life may have promised just before it ended, also to a leader that no entry names any more.
    /// </summary>
    private void PromiseAtStart(bool isLogLost)
    {
        if (_options.LeaseReads && (!IsAlone || isLogLost)) _promisedUntil = _now + _options.ElectionTimeoutMin;
    }

    private void TakePromise(FollowerProgress follower, HeartbeatReply reply)
    {
        if (reply.Promise <= TimeSpan.Zero) return;
        foreach (var (round, begun) in _roundsBegun)
        {
            if (round != reply.Round) continue;
            var until = Has(RaftFaults.LeaseWithoutMargin) ? _now + reply.Promise : begun + Sure(reply.Promise);
            follower.PromisedUntil = Instant.Max(follower.PromisedUntil, until);
        }
    }

    /// <summary>
    /// What passes at least on this clock, which may be slow, while the follower's, which may be fast, counts the
    /// promise down.
    /// </summary>
    private TimeSpan Sure(TimeSpan promise)
    {
        var longest = promise < PromiseMax ? promise : PromiseMax;
        return longest * ((1 - _options.ClockDriftMax) / (1 + _options.ClockDriftMax));
    }
}
