using System.Buffers;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>Snapshots in memory: the newest is kept, and what was received in part is gone after a restart.</summary>
internal sealed class SimulatedSnapshots : ISnapshotStore
{
    private readonly ArrayBufferWriter<byte> _received = new();

    public SnapshotInfo? Newest { get; private set; }

    public ReadOnlyMemory<byte> Content { get; private set; }

    public SnapshotInfo Save(SnapshotMark mark, Action<IBufferWriter<byte>> write)
    {
        var content = new ArrayBufferWriter<byte>();
        write(content);
        var checksum = Crc32C.Of(content.WrittenSpan);
        var snapshot = new SnapshotInfo(mark.Index, mark.Term, content.WrittenCount, checksum, mark.Configuration);
        Keep(snapshot, content.WrittenMemory);
        return snapshot;
    }

    public ReadOnlyMemory<byte>? TryRead(SnapshotInfo snapshot, long offset, int bytesMax)
    {
        if (snapshot.Index != Newest?.Index) return null;
        return Content.Slice((int)offset, (int)Math.Min(bytesMax, snapshot.Bytes - offset));
    }

    public void Take(SnapshotChunk chunk)
    {
        if (chunk.Offset == 0) _received.ResetWrittenCount();
        Primitives.Invariant.Holds(chunk.Offset == _received.WrittenCount);
        _received.Write(chunk.Data.Span);
        if (chunk.IsLast) Install(chunk.Snapshot, _received.WrittenMemory.ToArray());
    }

    public void Forget() => _received.ResetWrittenCount();

    /// <summary>A bit of the newest flips, and its checksum stays what it was.</summary>
    public void Rot()
    {
        var content = Content.ToArray();
        content[0] ^= 0x20;
        Content = content;
    }

    private void Keep(SnapshotInfo snapshot, ReadOnlyMemory<byte> content)
    {
        if (Newest is not { } newest || newest.Index <= snapshot.Index) Install(snapshot, content);
    }

    private void Install(SnapshotInfo snapshot, ReadOnlyMemory<byte> content) =>
        (Newest, Content) = (snapshot, content);
}
