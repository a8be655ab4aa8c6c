using System.Buffers.Binary;
using System.Text;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>What reading a datagram came to; each but the first is counted under its own name.</summary>
public enum PacketStatus
{
    Complete,

    /// <summary>Not one of ours: another magic.</summary>
    Foreign,

    /// <summary>Ours, of a version this build does not read.</summary>
    UnknownVersion,

    /// <summary>Ours, of another network (<c>Gossip:Network</c>).</summary>
    OtherNetwork,

    /// <summary>Ours, but its contents break the rules below.</summary>
    Malformed,
}

/// <summary>
/// The bytes of a packet. Whole numbers are unsigned LEB128 unless a size is given; texts are one length byte and that
/// many ASCII or UTF-8 bytes; times are milliseconds.
/// <code>
/// offset  size  field
///      0     2  magic 'H' 'F'
///      2     1  version, 1
///      3     1  kind: 1 heartbeat, 2 digest, 3 news
///      4     4  network: the first 4 bytes of SHA-256 of the network's name
///      8     1  flags: 1 sealed (32 bytes of HMAC-SHA256 follow the contents), 2 watches, 4 has a range
///      9     -  sender beat; target text (empty: none); sequence; sent at; interval;
///               range after text, range up to text (only with flag 4); items until the end
/// beat:    node text, generation, verdict, state (1 byte), heartbeat
/// items:   1 beat | 2 beat, cluster text, rack text, address text, http address text
///          3 subject text, generation, verdict, accuser text, accuser cluster text, phi x 1,000, silent for, age
///          4 node text
/// </code>
/// </summary>
public static class PacketCodec
{
    public const byte Version = 1;
    public const byte SealedFlag = 1;
    public const byte WatchesFlag = 2;
    public const byte RangeFlag = 4;
    public const int FlagsOffset = 8;
    public const int HeaderBytes = 9;

    internal const byte Magic0 = (byte)'H';
    internal const byte Magic1 = (byte)'F';
    internal const byte BeatItem = 1;
    internal const byte RecordItem = 2;
    internal const byte VoteItem = 3;
    internal const byte WantItem = 4;

    /// <summary>Writes a packet; the buffer is large enough by the core's own accounting.</summary>
    /// <returns>The bytes written.</returns>
    public static int Write(Packet packet, uint network, Span<byte> buffer)
    {
        var writer = new PacketWriter(buffer);
        writer.Header(packet, network);
        foreach (var beat in packet.Beats) writer.Item(beat);
        foreach (var vote in packet.Votes) writer.Item(vote);
        foreach (var record in packet.Records) writer.Item(record);
        foreach (var want in packet.Wants) writer.Item(want);
        return writer.Written;
    }

    /// <summary>Reads the contents of a datagram, without its seal. Nothing outside the span is ever read.</summary>
    public static PacketStatus TryRead(ReadOnlySpan<byte> bytes, uint network, out Packet? packet)
    {
        packet = null;
        var frame = Frame(bytes, network);
        if (frame != PacketStatus.Complete) return frame;
        var reader = new PacketReader(bytes[HeaderBytes..]);
        if (!reader.TryContents((PacketKind)bytes[3], bytes[FlagsOffset], out packet)) return PacketStatus.Malformed;
        return PacketStatus.Complete;
    }

    /// <summary>Looks at the fixed part only.</summary>
    public static PacketStatus Frame(ReadOnlySpan<byte> bytes, uint network)
    {
        if (bytes.Length < 3 || bytes[0] != Magic0 || bytes[1] != Magic1) return PacketStatus.Foreign;
        if (bytes[2] != Version) return PacketStatus.UnknownVersion;
        if (bytes.Length < HeaderBytes) return PacketStatus.Malformed;
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) != network)
            return PacketStatus.OtherNetwork;
        return bytes[3] is >= 1 and <= 3 && (bytes[FlagsOffset] & ~7) == 0
            ? PacketStatus.Complete
            : PacketStatus.Malformed;
    }

    /// <summary>The bytes of a packet without its items.</summary>
    public static int SizeOf(Packet emptyPacket)
    {
        Span<byte> scratch = stackalloc byte[1_024];
        var writer = new PacketWriter(scratch);
        writer.Header(emptyPacket, 0);
        return writer.Written;
    }

    public static int SizeOf(PeerBeat beat) =>
        1 + Text(beat.Node.Value) + Number(beat.Version.Generation.Value) + Number(beat.Version.Verdict.Value) + 1 +
        Number(beat.Heartbeat);

    public static int SizeOf(PeerRecord record) =>
        SizeOf(record.Beat) + Text(record.Cluster.Value) + Text(record.Rack) + Text(record.Address.Value) +
        Text(record.HttpAddress);

    public static int SizeOf(VoteNews news) =>
        1 + Text(news.Vote.Subject.Value) + Number(news.Vote.Generation.Value) + Number(news.Vote.Verdict.Value) +
        Text(news.Vote.Accuser.Value) + Text(news.Vote.AccuserCluster.Value) + Number(Thousandths(news.Vote.Phi)) +
        Number(Milliseconds(news.Vote.SilentFor)) + Number(Milliseconds(news.Age));

    public static int SizeOf(NodeId want) => 1 + Text(want.Value);

    internal static ulong Milliseconds(TimeSpan time) => (ulong)Math.Max(0, time.TotalMilliseconds);

    internal static ulong Thousandths(double phi) => (ulong)Math.Round(Math.Clamp(phi, 0, 1_000_000) * 1_000);

    private static int Text(string text) => 1 + Encoding.UTF8.GetByteCount(text);

    private static int Number(ulong value)
    {
        var bytes = 1;
        while ((value >>= 7) != 0) bytes++;
        return bytes;
    }
}
