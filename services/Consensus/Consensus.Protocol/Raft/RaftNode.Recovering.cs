using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>
/// A voter whose disk lost a part of its log, in the middle or as a whole, while term and vote are intact (Alagappan et
/// al., Protocol-Aware Recovery, FAST 2018). What it had acknowledged may be committed by its word, so it must not help
/// anybody to become leader who lacks it: it neither votes nor stands until it has all of it again. It may acknowledge
/// meanwhile, since that is true of what it then holds.
/// <para>
/// It has everything again in one of two cases. Either its disk holds an entry of a later term than it had seen when
/// the loss was found: the leader of that term was elected without its vote, so by a majority of others, one of which
/// holds whatever was committed with its word, and its log agrees with that leader's up to the entry. Or its disk holds
/// the log of the leader of that very term up to where that log ended after the loss was reported: this voter never
/// acknowledged more of this term, and had voted with its log intact.
/// </para>
/// <para>
/// A leader may go on counting what such a voter acknowledged before the loss, also where that arrives late. It commits
/// only what it has itself, and can be replaced only by votes of others, of which one has it, too.
/// </para>
/// </content>
public sealed partial class RaftNode
{
    // The newest term that this voter knew when the loss was found; null when nothing is lost.
    private Term? _lostIn;
    private ulong _recoveryId;
    private (Term Term, LogIndex UpTo)? _goal;
    private bool _isRecovered;

    /// <summary>
    /// Its disk lost what it may have acknowledged, and it has not got all of it back: it neither votes nor stands.
    /// </summary>
    public bool IsRecovering => _lostIn is not null;

    private bool MustNotDecide => IsRecovering && !Has(RaftFaults.VotesAfterLoss);

    private LogLoss? Loss => IsRecovering ? new LogLoss(_recoveryId, _log.LastIndex) : null;

    private void RecoverFrom(DurableState durable)
    {
        if (durable.LostIn is not { } lostIn) return;
        Invariant.Holds(lostIn <= Term);
        (_lostIn, _recoveryId) = (lostIn, 1 + (ulong)_random.NextInt64(long.MaxValue));

        // What the disk held is durable, and may be whole: an earlier life may have ended before it could say so.
        EndRecovery();
    }

    /// <summary>The first answer of a term's leader counts: a later one names entries that were never lost.</summary>
    private void TakeGoal(RecoveryGoal? goal)
    {
        if (goal is not { } named || named.Id != _recoveryId || _goal?.Term == Term) return;
        _goal = (Term, named.UpTo);
        EndRecovery();
    }

    private void EndRecovery()
    {
        if (_lostIn is not { } lostIn || _log.TermAt(_log.Stable) is not { } stableTerm) return;

        // Entries of one term come from one leader, which only ever adds: to have a later one is to have those before.
        var isWhole = _goal is { } goal && stableTerm == goal.Term && _log.Stable >= goal.UpTo;
        if (stableTerm <= lostIn && !isWhole) return;
        (_lostIn, _goal, _isRecovered) = (null, null, true);
    }

    private void TakeLoss(FollowerProgress follower, LogLoss? loss)
    {
        var isNew = loss is not null && loss?.Id != follower.Loss?.Id;
        follower.Loss = loss;
        if (isNew || loss?.Last < follower.Match) follower.Forget(_log.LastIndex.Next());
    }

    private RecoveryGoal? GoalFor(FollowerProgress follower) =>
        follower.Loss is { } loss ? new RecoveryGoal(loss.Id, _log.LastIndex) : null;
}
