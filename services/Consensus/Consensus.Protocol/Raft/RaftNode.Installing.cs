using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>What a follower does with a leader's snapshot (Raft 7).</content>
public sealed partial class RaftNode
{
    // What came of a snapshot so far; the parts are with the disk, not durable, and gone after a restart.
    private (SnapshotInfo Snapshot, long Offset, uint Checksum)? _receiving;
    private SnapshotChunk? _chunk;

    private void OnInstall(NodeId from, InstallSnapshot request)
    {
        var (snapshot, offset, data) = request.Chunk;
        if (snapshot.Index == LogIndex.Zero || snapshot.Term > request.Term || snapshot.Bytes < 0 || offset < 0 ||
            offset > snapshot.Bytes - data.Length || (data.IsEmpty && snapshot.Bytes > 0))
        {
            _violation = ProtocolViolation.Malformed;
            return;
        }

        if (snapshot.Index <= _log.Commit && !Has(RaftFaults.SnapshotGoesBackwards))
        {
            // Older than what is here, which is on this voter's way to the same state: nothing to take, and the leader
            // learns how far its log is known to agree.
            SendAfterPersist(from, new AppendAccepted(Term, _log.Commit));
            return;
        }

        if (snapshot.Index > _log.Commit && _log.Matches(snapshot.Index, snapshot.Term))
        {
            // Everything that is in it is here, entry by entry, and committed, or it were in no snapshot.
            _log.CommitTo(snapshot.Index);
            SendAfterPersist(from, new AppendAccepted(Term, snapshot.Index));
            return;
        }

        TakePart(from, request.Chunk);
    }

    private void TakePart(NodeId from, SnapshotChunk chunk)
    {
        // Another snapshot than the one begun: its leader has nothing else to send.
        if (_receiving is not { } begun || begun.Snapshot != chunk.Snapshot) begun = (chunk.Snapshot, 0, 0);
        _receiving = begun;
        if (chunk.Offset != begun.Offset)
        {
            SendAfterPersist(from, new SnapshotAnswer(Term, chunk.Snapshot.Index, begun.Offset));
            return;
        }

        var (offset, checksum) = (begun.Offset + chunk.Data.Length, Crc32C.Of(chunk.Data.Span, begun.Checksum));
        if (!chunk.IsLast)
        {
            _receiving = (chunk.Snapshot, offset, checksum);
            _chunk = chunk;
            SendAfterPersist(from, new SnapshotAnswer(Term, chunk.Snapshot.Index, offset));
            return;
        }

        _receiving = null;
        if (checksum != chunk.Snapshot.Checksum)
        {
            _violation = ProtocolViolation.SnapshotDamaged;
            SendAfterPersist(from, new SnapshotAnswer(Term, chunk.Snapshot.Index, 0));
            return;
        }

        Install(chunk);
        SendAfterPersist(from, new AppendAccepted(Term, chunk.Snapshot.Index));
    }

    private void Install(SnapshotChunk last)
    {
        _chunk = last;

        // An earlier version's leader does not say who is in the group; then nothing that is committed changed it. What
        // the own log says after its commit goes with that log.
        var members = last.Snapshot.Configuration ?? _history.At(_log.Commit);
        _snapshot = last.Snapshot with { Configuration = members };
        _bytesSinceSnapshot = 0;
        _compactTo = null;
        _log.ReplaceBy(last.Snapshot);
        _membersChanged |= !members.Equals(Members);
        _history.ReplaceBy(last.Snapshot.Index, members);
    }
}
