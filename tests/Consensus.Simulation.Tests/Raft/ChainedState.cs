using System.Buffers;
using System.Buffers.Binary;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>
/// A state machine that is nothing but a digest of every entry before it, so that two of them are the same only where
/// they applied the same.
/// </summary>
internal readonly record struct ChainedState(LogIndex Index, ulong Digest)
{
    public const int Bytes = 16;

    public ChainedState After(LogEntry entry)
    {
        var digest = Mix(Mix(Digest, entry.Index.Value), entry.Term.Value);
        foreach (var part in entry.Command.Span) digest = Mix(digest, part);
        return new ChainedState(entry.Index, digest);
    }

    /// <summary>By how much a snapshot of this state is to be longer than it must be.</summary>
    public int PaddingBytes(int paddingMax) => paddingMax == 0 ? 0 : (int)(Digest % (ulong)paddingMax);

    public void Write(IBufferWriter<byte> to)
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), Digest);
        to.Write(bytes);
    }

    public static ChainedState Read(ReadOnlySpan<byte> bytes) => new(
        new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes)),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));

    private static ulong Mix(ulong digest, ulong value) =>
        unchecked(((digest ^ value) * 0x9E3779B97F4A7C15UL) ^ (digest >> 29));
}
