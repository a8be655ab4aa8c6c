using System.Buffers.Binary;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage;

/// <summary>
/// Term and vote, replaced as a whole.
/// <code>
/// offset  size  field (little-endian)
///      0     4  magic "HFV1"; "HFV2" while a part of the log is lost
///      4     8  term
///     12     1  length of the vote, 0 for none
///     13        vote, ASCII
///            4  CRC-32C of the above
/// </code>
/// Programs before the second magic know nothing of <see cref="RecoveryFile"/> and would vote as if the log were whole:
/// they refuse such a vote as damaged.
/// </summary>
internal static class HardStateFile
{
    public const string Name = "vote";
    private const int FixedBytes = 13;

    private static ReadOnlySpan<byte> Magic => "HFV1"u8;

    private static ReadOnlySpan<byte> RecoveringMagic => "HFV2"u8;

    public static void Write(IDisk disk, string path, HardState state, bool isRecovering = false)
    {
        var vote = state.Vote is { } node ? Encoding.ASCII.GetBytes(node.Value) : [];
        var bytes = new byte[FixedBytes + vote.Length + sizeof(uint)];
        (isRecovering ? RecoveringMagic : Magic).CopyTo(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(4), state.Term.Value);
        bytes[12] = (byte)vote.Length;
        vote.CopyTo(bytes, FixedBytes);
        var checksum = Crc32C.Of(bytes.AsSpan(..^sizeof(uint)));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(^sizeof(uint)..), checksum);
        Disk.Replace(disk, path, bytes);
    }

    /// <returns>Term and vote, and whether they say that a part of the log is lost.</returns>
    /// <exception cref="LogCorruptException">They are damaged.</exception>
    /// <exception cref="LaterFormatException">A newer program wrote them.</exception>
    public static (HardState State, bool IsRecovering) Read(IDisk disk, string path)
    {
        if (!disk.Exists(path)) return default;
        var bytes = disk.ReadAll(path);
        if (!IsWhole(bytes))
        {
            var found = bytes.ToArray();
            LaterFormat.Refuse(path, bytes, RecoveringMagic, digit =>
            {
                found[3] = digit;
                return IsWhole(found);
            });
            throw new LogCorruptException(path, 0, "term and vote are damaged");
        }

        var term = new Term(BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(4)));
        var vote = Encoding.ASCII.GetString(bytes, FixedBytes, bytes[12]);
        var isRecovering = bytes.AsSpan().StartsWith(RecoveringMagic);
        return (new HardState(term, vote.Length == 0 ? null : new NodeId(vote)), isRecovering);
    }

    private static bool IsWhole(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= FixedBytes + sizeof(uint) &&
        (bytes.StartsWith(Magic) || bytes.StartsWith(RecoveringMagic)) &&
        bytes.Length == FixedBytes + bytes[12] + sizeof(uint) &&
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]) == Crc32C.Of(bytes[..^sizeof(uint)]);
}
