using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>
/// Reads at any voter (thesis 6.4): a follower asks its leader how far its state machine must be. One request is out at
/// a time; whoever asks meanwhile shares the next one, since what is out may have been answered already.
/// </content>
public sealed partial class RaftNode
{
    private readonly List<ulong> _readsOut = [];
    private readonly Queue<ulong> _readsWaiting = new();

    // Whom the reads were sent to; as soon as it does not lead any more, nobody answers them.
    private (NodeId? Leader, Term Term) _readsFrom;
    private Instant _readSentAt;

    // Begins anywhere, so that a late answer to an earlier life of this voter answers nothing of this one.
    private ulong _readNumber;

    private void OnRead(ulong id)
    {
        if (Role == RaftRole.Leader)
        {
            ReadAtLeader(from: null, id);
        }
        else if (Leader is null || _readsOut.Count + _readsWaiting.Count >= _options.ConfirmationsMax)
        {
            Answer(from: null, id, confirmed: false, default);
        }
        else
        {
            _readsWaiting.Enqueue(id);
            if (_readsOut.Count == 0) SendReads();
        }
    }

    private void ReadAtLeader(NodeId? from, ulong id)
    {
        if (HoldsLease) Answer(from, id, confirmed: true, _log.Commit);
        else AskRound(from, id);
    }

    private void SendReads()
    {
        Invariant.Holds(_readsOut.Count == 0);
        _readNumber = _readNumber == 0 ? (ulong)_random.NextInt64() : _readNumber + 1;
        _readsFrom = (Leader, Term);
        while (_readsWaiting.TryDequeue(out var id)) _readsOut.Add(id);
        SendReadRequest();
    }

    private void SendReadRequest()
    {
        _readSentAt = _now;
        Send(Leader!.Value, new ReadRequest(Term, _readNumber));
    }

    private void OnReadReply(ReadReply reply)
    {
        if (_readsOut.Count == 0 || reply.Number != _readNumber) return;
        foreach (var id in _readsOut) Answer(from: null, id, reply.Confirmed, reply.ReadIndex);
        _readsOut.Clear();
        if (_readsWaiting.Count > 0) SendReads();
    }

    /// <summary>The leader was heard: should the request or its answer be lost, it is asked again.</summary>
    private void RepeatReads()
    {
        if (_readsOut.Count > 0 && _now - _readSentAt >= _options.Heartbeat) SendReadRequest();
    }

    /// <summary>Part of every step, since leadership ends in many ways.</summary>
    private void FailReadsWithoutLeader()
    {
        if (_readsOut.Count == 0 || (Role == RaftRole.Follower && _readsFrom == (Leader, Term))) return;
        foreach (var id in _readsOut) Answer(from: null, id, confirmed: false, default);
        while (_readsWaiting.TryDequeue(out var id)) Answer(from: null, id, confirmed: false, default);
        _readsOut.Clear();
    }
}
