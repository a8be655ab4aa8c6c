using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Tests;

public sealed class PacketSealTests
{
    private static readonly PacketSeal Seal = new("a secret of enough bytes"u8);

    [Fact]
    public void A_sealed_packet_holds_and_reads_as_before()
    {
        var sealedBytes = Sealed();
        Seal.Holds(sealedBytes).ShouldBeTrue();
        PacketCodec.TryRead(sealedBytes.AsSpan()[..^PacketSeal.Bytes], 0, out _).ShouldBe(PacketStatus.Complete);
    }

    [Fact]
    public void A_seal_breaks_with_any_bit()
    {
        for (var i = 0; i < Sealed().Length * 8; i++)
        {
            var spoiled = Sealed();
            spoiled[i / 8] ^= (byte)(1 << (i % 8));
            Seal.Holds(spoiled).ShouldBeFalse();
        }
    }

    [Fact]
    public void A_seal_cut_at_any_byte_does_not_hold()
    {
        for (var length = 0; length < Sealed().Length; length++) Seal.Holds(Sealed().AsSpan(0, length)).ShouldBeFalse();
    }

    [Fact]
    public void Another_secret_does_not_hold() =>
        new PacketSeal("another secret of enough bytes"u8).Holds(Sealed()).ShouldBeFalse();

    [Fact]
    public void A_short_secret_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new PacketSeal("too short"u8));

    private static byte[] Sealed()
    {
        var buffer = new byte[200];
        var packet = new Packet
        {
            Kind = PacketKind.News,
            Sender = new PeerBeat(new NodeId("n1"), new PeerVersion(new Generation(1), default, PeerState.Up), 1),
            Sequence = 1,
            SentAt = TimeSpan.Zero,
            Interval = TimeSpan.Zero,
        };
        return buffer[..Seal.Seal(buffer, PacketCodec.Write(packet, 0, buffer))];
    }
}
