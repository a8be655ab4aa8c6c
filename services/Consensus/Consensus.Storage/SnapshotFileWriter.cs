using System.Buffers;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage;

/// <summary>Passes what is written on to a file, piece by piece, and sums it up on the way.</summary>
internal sealed class SnapshotFileWriter(IDiskFile file, long start) : IBufferWriter<byte>
{
    private const int PieceBytes = 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _piece = new();

    public long Bytes { get; private set; }

    public uint Checksum { get; private set; }

    public void Advance(int count)
    {
        _piece.Advance(count);
        if (_piece.WrittenCount >= PieceBytes) Complete();
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _piece.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _piece.GetSpan(sizeHint);

    /// <summary>Writes what is left.</summary>
    public void Complete()
    {
        file.Write(_piece.WrittenSpan, start + Bytes);
        Checksum = Crc32C.Of(_piece.WrittenSpan, Checksum);
        Bytes += _piece.WrittenCount;
        _piece.ResetWrittenCount();
    }
}
