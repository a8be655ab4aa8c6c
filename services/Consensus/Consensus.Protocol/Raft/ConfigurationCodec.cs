using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// A configuration as bytes, in entries of the log and headers of snapshots.
/// <code>
/// offset  size  field (all numbers little-endian)
///      0     1  format, 1
///      1     8  version
///      9     1  number of members
///     10        members, each
///               0   1  1 where it votes, 2 where it voted before a joint state, 3 where both
///               1      node, domain, Raft address, HTTP address: each a length of 2 bytes, then UTF-8
/// </code>
/// </summary>
internal static class ConfigurationCodec
{
    private const byte Format = 1;
    private const int HeaderBytes = 10;

    [Flags]
    private enum Standing : byte
    {
        Learner = 0,
        Voter = 1,
        Outgoing = 2,
        All = Voter | Outgoing,
    }

    public static ReadOnlyMemory<byte> Write(Configuration configuration)
    {
        var to = new ArrayBufferWriter<byte>();
        var header = to.GetSpan(HeaderBytes);
        header[0] = Format;
        BinaryPrimitives.WriteUInt64LittleEndian(header[1..], configuration.Version);
        header[9] = checked((byte)configuration.Members.Length);
        to.Advance(HeaderBytes);
        foreach (var member in configuration.Members)
        {
            var standing = (configuration.Voters.Contains(member.Node) ? Standing.Voter : Standing.Learner) |
                (configuration.Outgoing.Contains(member.Node) ? Standing.Outgoing : Standing.Learner);
            to.Write([(byte)standing]);
            Write(to, member.Node.Value);
            Write(to, member.Domain);
            Write(to, member.RaftAddress);
            Write(to, member.HttpAddress);
        }

        return to.WrittenMemory;
    }

    /// <summary>Null where the bytes are no configuration, or one of a later format.</summary>
    public static Configuration? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || bytes[0] != Format || bytes[9] > Configuration.MembersMax) return null;
        var version = BinaryPrimitives.ReadUInt64LittleEndian(bytes[1..]);
        var members = ImmutableArray.CreateBuilder<Member>(bytes[9]);
        var voters = ImmutableArray.CreateBuilder<NodeId>();
        var outgoing = ImmutableArray.CreateBuilder<NodeId>();
        var count = bytes[9];
        var rest = bytes[HeaderBytes..];
        for (var i = 0; i < count; i++)
        {
            if (rest.IsEmpty || (rest[0] & ~(byte)Standing.All) != 0) return null;
            var standing = (Standing)rest[0];
            rest = rest[1..];
            if (TryReadMember(ref rest) is not { } member) return null;
            if (members.Any(known => known.Node == member.Node)) return null;
            members.Add(member);
            if (standing.HasFlag(Standing.Voter)) voters.Add(member.Node);
            if (standing.HasFlag(Standing.Outgoing)) outgoing.Add(member.Node);
        }

        if (!rest.IsEmpty || (voters.Count == 0 && count > 0)) return null;
        return new Configuration(
            version, members.ToImmutable(), voters.ToImmutable(), outgoing.ToImmutable());
    }

    private static Member? TryReadMember(ref ReadOnlySpan<byte> rest) =>
        TryReadText(ref rest) is { } node && NodeId.IsLegal(node) && TryReadText(ref rest) is { } domain &&
        TryReadText(ref rest) is { } raftAddress && TryReadText(ref rest) is { } httpAddress
            ? new Member(new NodeId(node), domain, raftAddress, httpAddress)
            : null;

    private static string? TryReadText(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < sizeof(ushort)) return null;
        var length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        if (length > Member.TextBytesMax || rest.Length < sizeof(ushort) + length) return null;
        var text = rest.Slice(sizeof(ushort), length);
        rest = rest[(sizeof(ushort) + length)..];
        return Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : null;
    }

    private static void Write(ArrayBufferWriter<byte> to, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Invariant.Holds(length <= Member.TextBytesMax);
        var span = to.GetSpan(sizeof(ushort) + length);
        BinaryPrimitives.WriteUInt16LittleEndian(span, (ushort)length);
        Encoding.UTF8.GetBytes(text, span[sizeof(ushort)..]);
        to.Advance(sizeof(ushort) + length);
    }
}
