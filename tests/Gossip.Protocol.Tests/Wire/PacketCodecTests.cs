using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Tests;

public sealed class PacketCodecTests
{
    private const uint Network = 0x01020304;

    /// <summary>
    /// The layout of PacketCodec's comment, by hand. It may only change together with the version byte.
    /// </summary>
    [Fact]
    public void The_bytes_of_a_heartbeat_are_fixed()
    {
        var heartbeat = new Packet
        {
            Kind = PacketKind.Heartbeat,
            Sender = Beat("n1", 300, 2, PeerState.Up, 7),
            Target = new NodeId("n2"),
            Sequence = 9,
            SentAt = TimeSpan.FromMilliseconds(1_000),
            Interval = TimeSpan.FromMilliseconds(200),
        };
        Convert.ToHexStringLower(Bytes(heartbeat)).ShouldBe(
            "4846" + "01" + "01" + "01020304" + "00" + "026e31" + "ac02" + "02" + "00" + "07" + "026e32" + "09" +
            "e807" + "c801");
    }

    [Fact]
    public void The_bytes_of_a_digest_with_every_kind_of_item_are_fixed() =>
        Convert.ToHexStringLower(Bytes(Everything())).ShouldBe(
            "4846" + "01" + "02" + "01020304" + "06" + "026e31" + "01" + "00" + "00" + "05" + "00" + "01" + "00" +
            "00" + "026161" + "00" +
            "01" + "026e33" + "04" + "01" + "02" + "08" +
            "03" + "026e34" + "05" + "03" + "026e35" + "0477657374" + "b944" + "9215" + "07" +
            "02" + "026e36" + "06" + "00" + "03" + "09" + "0465617374" + "027231" + "0c31302e302e302e363a373030" +
            "08687474703a2f2f68" +
            "04" + "026e37");

    [Fact]
    public void What_was_written_is_read_again()
    {
        foreach (var packet in Samples())
        {
            PacketCodec.TryRead(Bytes(packet), Network, out var read).ShouldBe(PacketStatus.Complete);
            Convert.ToHexStringLower(Bytes(read!)).ShouldBe(Convert.ToHexStringLower(Bytes(packet)));
            read!.Sender.ShouldBe(packet.Sender);
            read.Records.ShouldBe(packet.Records);
            read.Range.ShouldBe(packet.Range);
        }
    }

    [Fact]
    public void A_packet_cut_at_any_byte_is_refused_or_a_shorter_list_of_items()
    {
        foreach (var packet in Samples())
        {
            var bytes = Bytes(packet);
            var header = PacketCodec.SizeOf(packet with { Beats = [], Votes = [], Records = [], Wants = [] });
            for (var length = 0; length < bytes.Length; length++)
            {
                var status = PacketCodec.TryRead(bytes.AsSpan(0, length), Network, out var read);
                if (status != PacketStatus.Complete) continue;
                length.ShouldBeGreaterThanOrEqualTo(header);
                Bytes(read!).ShouldBe(bytes[..length]);
            }
        }
    }

    [Fact]
    public void Random_and_spoiled_bytes_never_throw_and_what_is_read_is_written_the_same()
    {
        var random = new Random(20_260_101);
        var samples = Samples().Select(Bytes).ToList();
        var complete = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var bytes = samples[random.Next(samples.Count)].ToArray();
            for (var spoils = random.Next(1, 4); spoils > 0; spoils--)
                bytes[random.Next(i % 2 == 0 ? 0 : PacketCodec.HeaderBytes, bytes.Length)] = (byte)random.Next(256);
            if (PacketCodec.TryRead(bytes, Network, out var read) != PacketStatus.Complete) continue;
            complete++;
            // The seal's flag is not part of the contents.
            bytes[PacketCodec.FlagsOffset] &= unchecked((byte)~PacketCodec.SealedFlag);
            Bytes(read!).Order().ShouldBe(bytes.Order());
        }

        complete.ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public void A_size_is_counted_as_it_is_written()
    {
        foreach (var packet in Samples())
        {
            var counted = PacketCodec.SizeOf(packet with { Beats = [], Votes = [], Records = [], Wants = [] }) +
                packet.Beats.Sum(PacketCodec.SizeOf) + packet.Votes.Sum(PacketCodec.SizeOf) +
                packet.Records.Sum(PacketCodec.SizeOf) + packet.Wants.Sum(PacketCodec.SizeOf);
            Bytes(packet).Length.ShouldBe(counted);
        }
    }

    [Theory]
    [InlineData(0, 0x00, PacketStatus.Foreign)]
    [InlineData(1, 0x00, PacketStatus.Foreign)]
    [InlineData(2, 0x02, PacketStatus.UnknownVersion)]
    [InlineData(3, 0x00, PacketStatus.Malformed)]
    [InlineData(3, 0x04, PacketStatus.Malformed)]
    [InlineData(4, 0xff, PacketStatus.OtherNetwork)]
    [InlineData(8, 0x80, PacketStatus.Malformed)]
    [InlineData(9, 0x00, PacketStatus.Malformed)] // A sender without a name.
    [InlineData(10, 0x2f, PacketStatus.Malformed)] // A name with a slash.
    public void A_spoiled_field_has_its_own_name(int offset, byte value, PacketStatus status)
    {
        var bytes = Bytes(Everything());
        bytes[offset] = value;
        PacketCodec.TryRead(bytes, Network, out var read).ShouldBe(status);
        read.ShouldBeNull();
    }

    [Fact]
    public void A_generation_or_verdict_above_its_bound_is_refused_so_that_the_next_one_always_exists()
    {
        Status(Beat("n1", GossipNode.GenerationMax, 0, PeerState.Up, 0)).ShouldBe(PacketStatus.Complete);
        Status(Beat("n1", GossipNode.GenerationMax + 1, 0, PeerState.Up, 0)).ShouldBe(PacketStatus.Malformed);
        Status(Beat("n1", 1, GossipNode.VerdictMax + 1, PeerState.Up, 0)).ShouldBe(PacketStatus.Malformed);

        static PacketStatus Status(PeerBeat sender) => PacketCodec.TryRead(
            Bytes(Everything() with { Sender = sender }), Network, out _);
    }

    private static IEnumerable<Packet> Samples()
    {
        yield return Everything();
        yield return Everything() with { Kind = PacketKind.News, Range = null, Target = new NodeId("x") };
        yield return Everything() with
        {
            Sender = Beat(
                new string('n', 128), GossipNode.GenerationMax, GossipNode.VerdictMax, PeerState.Left, ulong.MaxValue),
            Range = new DigestRange(null, null),
        };
    }

    private static Packet Everything() => new()
    {
        Kind = PacketKind.Digest,
        Sender = Beat("n1", 1, 0, PeerState.Up, 5),
        Sequence = 1,
        SentAt = TimeSpan.Zero,
        Interval = TimeSpan.Zero,
        Watches = true,
        Range = new DigestRange(new NodeId("aa"), null),
        Beats = [Beat("n3", 4, 1, PeerState.Down, 8)],
        Votes =
        [
            new VoteNews(
                new Vote
                {
                    Subject = new NodeId("n4"),
                    Generation = new Generation(5),
                    Verdict = new Verdict(3),
                    Accuser = new NodeId("n5"),
                    AccuserCluster = new ClusterId("west"),
                    Phi = 8.761,
                    SilentFor = TimeSpan.FromMilliseconds(2_706),
                },
                TimeSpan.FromMilliseconds(7)),
        ],
        Records =
        [
            new PeerRecord
            {
                Node = new NodeId("n6"),
                Cluster = new ClusterId("east"),
                Rack = "r1",
                Version = new PeerVersion(new Generation(6), default, PeerState.Left),
                Heartbeat = 9,
                Address = new PeerAddress("10.0.0.6:700"),
                HttpAddress = "http://h",
            },
        ],
        Wants = [new NodeId("n7")],
    };

    private static PeerBeat Beat(string node, ulong generation, ulong verdict, PeerState state, ulong heartbeat) =>
        new(new NodeId(node), new PeerVersion(new Generation(generation), new Verdict(verdict), state), heartbeat);

    private static byte[] Bytes(Packet packet)
    {
        var buffer = new byte[4_096];
        return buffer[..PacketCodec.Write(packet, Network, buffer)];
    }
}
