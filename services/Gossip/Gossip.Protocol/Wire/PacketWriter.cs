using System.Buffers.Binary;
using System.Text;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>Writes the fields of <see cref="PacketCodec"/> one after the other.</summary>
internal ref struct PacketWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;

    public int Written { get; private set; }

    public void Header(Packet packet, uint network)
    {
        Byte(PacketCodec.Magic0);
        Byte(PacketCodec.Magic1);
        Byte(PacketCodec.Version);
        Byte((byte)packet.Kind);
        BinaryPrimitives.WriteUInt32BigEndian(_buffer[Written..], network);
        Written += 4;
        var flags = (packet.Watches ? PacketCodec.WatchesFlag : 0) | (packet.Range is null ? 0 : PacketCodec.RangeFlag);
        Byte((byte)flags);
        Beat(packet.Sender);
        Text(packet.Target?.Value ?? "");
        Number(packet.Sequence);
        Number(PacketCodec.Milliseconds(packet.SentAt));
        Number(PacketCodec.Milliseconds(packet.Interval));
        if (packet.Range is not { } range) return;
        Text(range.After?.Value ?? "");
        Text(range.UpTo?.Value ?? "");
    }

    public void Item(PeerBeat beat)
    {
        Byte(PacketCodec.BeatItem);
        Beat(beat);
    }

    public void Item(PeerRecord record)
    {
        Byte(PacketCodec.RecordItem);
        Beat(record.Beat);
        Text(record.Cluster.Value);
        Text(record.Rack);
        Text(record.Address.Value);
        Text(record.HttpAddress);
    }

    public void Item(VoteNews news)
    {
        Byte(PacketCodec.VoteItem);
        Text(news.Vote.Subject.Value);
        Number(news.Vote.Generation.Value);
        Number(news.Vote.Verdict.Value);
        Text(news.Vote.Accuser.Value);
        Text(news.Vote.AccuserCluster.Value);
        Number(PacketCodec.Thousandths(news.Vote.Phi));
        Number(PacketCodec.Milliseconds(news.Vote.SilentFor));
        Number(PacketCodec.Milliseconds(news.Age));
    }

    public void Item(NodeId want)
    {
        Byte(PacketCodec.WantItem);
        Text(want.Value);
    }

    private void Beat(PeerBeat beat)
    {
        Text(beat.Node.Value);
        Number(beat.Version.Generation.Value);
        Number(beat.Version.Verdict.Value);
        Byte((byte)beat.Version.State);
        Number(beat.Heartbeat);
    }

    private void Text(string text)
    {
        var length = Encoding.UTF8.GetBytes(text, _buffer[(Written + 1)..]);
        Invariant.Holds(length <= byte.MaxValue);
        _buffer[Written] = (byte)length;
        Written += 1 + length;
    }

    private void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) Byte((byte)(value | 0x80));
        Byte((byte)value);
    }

    private void Byte(byte value) => _buffer[Written++] = value;
}
