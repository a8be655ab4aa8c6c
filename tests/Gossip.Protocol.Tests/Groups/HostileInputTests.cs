using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Tests;

/// <summary>Datagrams of the right form that must not be believed.</summary>
public sealed class HostileInputTests
{
    private static readonly GossipOptions Options = new();
    private static readonly PeerAddress Elsewhere = new("10.6.6.6:6");

    [Fact]
    public void A_packet_is_taken_once()
    {
        var node = NodeWithPeer();
        Step(node, Heartbeat(sequence: 5)).Dropped.ShouldBeNull();
        Step(node, Heartbeat(sequence: 5)).Dropped.ShouldBe(DropReason.Replayed);
    }

    [Fact]
    public void A_packet_for_another_node_is_dropped() =>
        Step(NodeWithPeer(), Heartbeat(5) with { Target = new NodeId("other") })
            .Dropped.ShouldBe(DropReason.OtherTarget);

    [Fact]
    public void A_packet_of_an_older_generation_is_dropped_and_its_sender_told_the_newer_one()
    {
        var output = Step(NodeWithPeer(), Heartbeat(5) with { Sender = PeerBeat(generation: 1) });
        output.Dropped.ShouldBe(DropReason.OlderGeneration);
        output.Send.Single().Packet.Beats.Single().Version.Generation.ShouldBe(new Generation(1_000));
    }

    [Fact]
    public void A_generation_that_no_clock_can_have_given_yet_is_not_believed_of_anybody()
    {
        var latest = GossipNode.TimeMin + (ulong)GossipNode.GenerationAheadMax.TotalMilliseconds;
        var node = NodeWithPeer();
        Packet[] forged =
        [
            Heartbeat(5) with { Sender = PeerBeat(latest + 1) },
            Heartbeat(6) with { Beats = [PeerBeat(latest + 1)] },
            Heartbeat(7) with { Records = [Record("peer", GossipNode.GenerationMax)] },
            Heartbeat(8) with { Beats = [PeerBeat(latest + 1) with { Node = new NodeId("self") }] },
        ];
        foreach (var packet in forged) Step(node, packet).Dropped.ShouldBe(DropReason.FutureGeneration);

        node.Self.Generation.ShouldBe(new Generation(1_000));
        Step(node, Heartbeat(9)).Dropped.ShouldBeNull();
        Step(node, Heartbeat(10) with { Records = [Record("peer", latest)] }).Dropped.ShouldBeNull();
        Step(node, Heartbeat(11) with { Sender = PeerBeat(latest) }).Dropped.ShouldBeNull();
    }

    [Fact]
    public void A_packet_under_the_own_name_is_dropped() =>
        Step(NodeWithPeer(), Heartbeat(5) with { Sender = PeerBeat(1) with { Node = new NodeId("self") } })
            .Dropped.ShouldBe(DropReason.OwnName);

    [Fact]
    public void Any_packets_in_any_order_keep_every_promise_of_form()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var node = NodeWithPeer();
            var now = Instant.Zero + TimeSpan.FromSeconds(1);
            for (var i = 0; i < 400; i++)
            {
                now += TimeSpan.FromMilliseconds(random.Next(0, 300));
                var isTick = random.Next(3) == 0;
                var output = node.Step(
                    isTick ? new GossipInput.Tick() : new GossipInput.Received(Any(random), Elsewhere), now);
                foreach (var outgoing in output.Send)
                {
                    var buffer = new byte[Options.PacketBytesMax];
                    var length = PacketCodec.Write(outgoing.Packet, 0, buffer);
                    length.ShouldBeLessThanOrEqualTo(Options.PacketBytesMax - PacketSeal.Bytes);
                    PacketCodec.TryRead(buffer.AsSpan(0, length), 0, out _).ShouldBe(PacketStatus.Complete);
                }

                node.View(now).Count(view => view.IsSelf).ShouldBe(1);
            }
        }
    }

    private static GossipNode NodeWithPeer()
    {
        var identity = new GossipIdentity
        {
            Node = new NodeId("self"),
            Cluster = new ClusterId("east"),
            Rack = "",
            Address = new PeerAddress("10.0.0.1:1"),
        };
        var node = new GossipNode(identity, Options, new Generation(1_000), new Random(1), Instant.Zero);
        node.Step(new GossipInput.Tick(), Instant.Zero);
        Step(node, Heartbeat(1) with { Kind = PacketKind.News, Records = [Record("peer", 1_000)] });
        return node;
    }

    private static GossipOutput Step(GossipNode node, Packet packet) =>
        node.Step(new GossipInput.Received(packet, Elsewhere), Instant.Zero + TimeSpan.FromMilliseconds(1));

    private static Packet Heartbeat(ulong sequence) => new()
    {
        Kind = PacketKind.Heartbeat,
        Sender = PeerBeat(1_000),
        Target = new NodeId("self"),
        Sequence = sequence,
        SentAt = TimeSpan.Zero,
        Interval = Options.LanInterval,
    };

    private static PeerBeat PeerBeat(ulong generation) =>
        new(new NodeId("peer"), new PeerVersion(new Generation(generation), default, PeerState.Up), 1);

    private static PeerRecord Record(string node, ulong generation) => new()
    {
        Node = new NodeId(node),
        Cluster = new ClusterId("east"),
        Rack = "",
        Version = new PeerVersion(new Generation(generation), default, PeerState.Up),
        Heartbeat = 1,
        Address = new PeerAddress("10.0.0.2:1"),
        HttpAddress = "",
    };

    private static Packet Any(Random random)
    {
        string[] names = ["self", "peer", "a", "b", "c", "d", new string('z', 128)];
        PeerBeat AnyBeat() => new(
            new NodeId(names[random.Next(names.Length)]),
            new PeerVersion(
                new Generation(random.Next(10) == 0 ? GossipNode.GenerationMax : (ulong)random.Next(998, 1_003)),
                new Verdict(random.Next(10) == 0 ? GossipNode.VerdictMax : (ulong)random.Next(4)),
                (PeerState)random.Next(4)),
            (ulong)random.Next(1_000));
        PeerRecord AnyRecord() => Record("x", 1) with
        {
            Node = AnyBeat().Node,
            Version = AnyBeat().Version,
            Cluster = new ClusterId(names[random.Next(1, names.Length)]),
            Address = new PeerAddress(random.Next(2) == 0 ? "h:1" : new string('h', 255)),
            HttpAddress = random.Next(2) == 0 ? "" : new string('u', 255),
        };
        VoteNews AnyVote() => new(
            new Vote
            {
                Subject = AnyBeat().Node,
                Generation = AnyBeat().Version.Generation,
                Verdict = AnyBeat().Version.Verdict,
                Accuser = AnyBeat().Node,
                AccuserCluster = new ClusterId("east"),
                Phi = random.NextDouble() * 20,
                SilentFor = TimeSpan.FromMilliseconds(random.Next(5_000)),
            },
            TimeSpan.FromMilliseconds(random.Next(3_000)));
        var kind = (PacketKind)random.Next(1, 4);
        return new Packet
        {
            Kind = kind,
            Sender = AnyBeat(),
            Target = random.Next(4) == 0 ? null : new NodeId("self"),
            Sequence = (ulong)random.Next(500),
            SentAt = TimeSpan.FromMilliseconds(random.Next(100_000)),
            Interval = TimeSpan.FromMilliseconds(random.Next(100_000)),
            Watches = random.Next(4) == 0,
            Range = kind != PacketKind.Digest
                ? null
                : new DigestRange(null, random.Next(2) == 0 ? null : new NodeId("b")),
            Beats = [.. Enumerable.Range(0, random.Next(6)).Select(_ => AnyBeat())],
            Records = [.. Enumerable.Range(0, random.Next(4)).Select(_ => AnyRecord())],
            Votes = [.. Enumerable.Range(0, random.Next(4)).Select(_ => AnyVote())],
            Wants = [.. Enumerable.Range(0, random.Next(4)).Select(_ => AnyBeat().Node)],
        };
    }
}
