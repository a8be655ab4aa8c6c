using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Gossip.Protocol;

namespace Holdfast.Gossip.Service;

/// <summary>
/// Between bytes and packets: what passes is of this version, this network and, where there is a secret, sealed with
/// it. Everything else is counted by reason and dropped; nothing from outside throws here.
/// </summary>
internal sealed class PacketGate(string network, PacketSeal? seal)
{
    // Larger than any datagram of ours can be configured to be.
    public const int DatagramBytesMax = 9_000;

    private readonly uint _network = BinaryPrimitives.ReadUInt32BigEndian(
        SHA256.HashData(Encoding.UTF8.GetBytes(network)));

    public Packet? Open(ReadOnlySpan<byte> datagram)
    {
        Telemetry.Datagrams.Add(1, Tag.Received);
        Telemetry.Bytes.Add(datagram.Length, Tag.Received);
        var contents = datagram;
        if (datagram.Length > DatagramBytesMax) return Drop("oversized");
        var frame = PacketCodec.Frame(datagram, _network);
        if (frame == PacketStatus.Complete)
        {
            if (PacketSeal.IsSealed(datagram) != (seal is not null)) return Drop(seal is null ? "sealed" : "unsealed");
            if (seal is not null)
            {
                if (!seal.Holds(datagram)) return Drop("forged");
                contents = datagram[..^PacketSeal.Bytes];
            }
        }

        var status = PacketCodec.TryRead(contents, _network, out var packet);
        return status switch
        {
            PacketStatus.Complete => packet,
            PacketStatus.Foreign => Drop("foreign"),
            PacketStatus.UnknownVersion => Drop("unknown_version"),
            PacketStatus.OtherNetwork => Drop("other_network"),
            _ => Drop("malformed"),
        };
    }

    /// <summary>Writes and seals.</summary>
    /// <returns>The length.</returns>
    public int Close(Packet packet, Span<byte> buffer)
    {
        var length = PacketCodec.Write(packet, _network, buffer);
        return seal?.Seal(buffer, length) ?? length;
    }

    public static void Count(DropReason reason) => Drop(reason switch
    {
        DropReason.OtherTarget => "other_target",
        DropReason.OwnName => "own_name",
        DropReason.OlderGeneration => "older_generation",
        DropReason.FutureGeneration => "future_generation",
        _ => "replayed",
    });

    public static Packet? Drop(string reason)
    {
        Telemetry.Dropped.Add(1, new KeyValuePair<string, object?>("reason", reason));
        return null;
    }

    public static class Tag
    {
        public static readonly KeyValuePair<string, object?> Received = new("direction", "received");
        public static readonly KeyValuePair<string, object?> Sent = new("direction", "sent");
    }
}
