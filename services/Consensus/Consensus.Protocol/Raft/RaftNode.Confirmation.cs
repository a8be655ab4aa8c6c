using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>
/// Confirmation of leadership by a round of heartbeats (thesis 6.4): a leader that was replaced without noticing finds
/// no majority for a round begun after the question.
/// </content>
public sealed partial class RaftNode
{
    // Questions in the order of their rounds, which is the order they came in; those of followers with their names.
    private readonly Queue<(NodeId? From, ulong Id, Round Round, LogIndex ReadIndex)> _questions = new();

    private Round _round;
    private Round _askedRound;

    private bool WantsNewRound => _questions.Count > 0 && _askedRound > _round;

    private void OnConfirmLeadership(ulong id) => AskRound(from: null, id);

    /// <summary>Answers a question of this node, or of a follower, by a round begun from now on.</summary>
    private void AskRound(NodeId? from, ulong id)
    {
        if (Role != RaftRole.Leader || _questions.Count >= _options.ConfirmationsMax)
        {
            Answer(from, id, confirmed: false, default);
            return;
        }

        // One round is out at a time; whoever asks while it is waits for the next, which serves all of them.
        _askedRound = Has(RaftFaults.ConfirmByOldRound) ? _round : _round.Next();
        _questions.Enqueue((from, id, _askedRound, LogIndex.Later(_log.Commit, _termStart)));
        AnswerConfirmations();
    }

    private void AnswerConfirmations()
    {
        if (_questions.Count == 0) return;
        var acknowledged = AcknowledgedRound();
        if (WantsNewRound && acknowledged >= _round)
        {
            BeginRound();
            SendHeartbeats();
            acknowledged = AcknowledgedRound();
        }

        // Before its no-op is committed a leader does not know how far earlier terms committed.
        if (_log.Commit < _termStart) return;
        while (_questions.TryPeek(out var question) && question.Round <= acknowledged)
        {
            _questions.Dequeue();
            Answer(question.From, question.Id, confirmed: true, question.ReadIndex);
        }
    }

    private Round AcknowledgedRound() =>
        Members.ReachedByMajority(voter => voter == Self ? _round : _followers[voter].AcknowledgedRound);

    private void FailConfirmations()
    {
        while (_questions.TryDequeue(out var question))
            Answer(question.From, question.Id, confirmed: false, default);
    }

    private void Answer(NodeId? from, ulong id, bool confirmed, LogIndex readIndex)
    {
        if (from is { } follower) Send(follower, new ReadReply(Term, id, confirmed, readIndex));
        else _confirmed.Add(new LeadershipConfirmation(id, confirmed, readIndex));
    }
}
