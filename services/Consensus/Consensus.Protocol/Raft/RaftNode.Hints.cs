using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>
/// Elections that need not wait for an election timeout, because somebody noticed the leader's death. A hint changes
/// only when a voter asks and when it says yes to being asked, which Raft leaves open; never how votes are counted.
/// <para>
/// A hint counts for the voter that has it: the others grant the vote before the vote only when they were hinted, too,
/// or miss the leader for the whole time. So one voter that lost its connection to a leader that lives deposes nobody,
/// and a leader that is heard again takes the hint back. A promise (see leases) is kept whatever is hinted.
/// </para>
/// </content>
public sealed partial class RaftNode
{
    // Silence of the leader that is enough since a hint; null without one.
    private TimeSpan? _hintedSilence;

    private TimeSpan SilenceWanted => _hintedSilence ?? ElectionTimeoutMin;

    private void OnHint(NodeId suspect, HintKind kind)
    {
        if (!_options.ElectionHints || Role != RaftRole.Follower || Leader != suspect) return;
        var silence = kind == HintKind.Gone ? TimeSpan.Zero : 2 * LongestPause;
        if (silence >= _hintedSilence) return;
        _hintedSilence = silence;
        if (!Members.IsVoter(Self)) return;
        var kept = Has(RaftFaults.PromiseBroken) ? _now : _promisedUntil;
        var due = Instant.Max(Instant.Max(_now, kept), _leaderHeardAt + silence) + HintDelay();
        _electionDeadline = Instant.Min(_electionDeadline, due);
    }

    /// <summary>A follower that asked before its time, and so by a hint; the others hear the leader.</summary>
    private bool AskedTooEarly =>
        _leaderBefore is not null && _now - _leaderHeardAt < ElectionTimeoutMin;

    /// <summary>
    /// Nothing says that the leader is gone, so reads go on by it. The hint stays until the leader is heard: to others
    /// who were hinted, too, this voter goes on saying yes.
    /// </summary>
    private void FollowAgain()
    {
        var hinted = _hintedSilence;
        BecomeFollower(Term, _leaderBefore);
        _hintedSilence = hinted;
    }

    /// <summary>
    /// Hints come to all at once; would all ask at once, each might vote for itself. So they ask one after another,
    /// each in time for the next to hear it first, and the first only when the hint has surely come to the others.
    /// </summary>
    private TimeSpan HintDelay() =>
        (_options.Heartbeat / 10) + (PlaceInOrder().Before * _options.Heartbeat / 2);
}
