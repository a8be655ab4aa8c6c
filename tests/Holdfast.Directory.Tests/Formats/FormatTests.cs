using System.Text;
using Holdfast.Directory.Changes;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Formats;

/// <summary>What is stored and sent; other versions of this program must read it, so the bytes are fixed.</summary>
public sealed class FormatTests
{
    [Fact]
    public void The_checksum_is_crc_16_xmodem() =>
        GrainShard.Crc16(Encoding.ASCII.GetBytes("123456789")).ShouldBe((ushort)0x31c3);

    [Theory]
    [InlineData("cart", "k0", 64, 21)]
    [InlineData("cart", "ключ", 64, 10)]
    [InlineData("cart", "k0", 256, 213)]
    public void A_grain_stays_on_its_shard(string type, string key, int shards, int shard) =>
        GrainShard.Of(new Primitives.GrainId(type, key), shards).ShouldBe(shard);

    [Fact]
    public void Shards_are_named_by_two_hex_digits() =>
        new[] { 0, 10, 63, 255 }.Select(GrainShard.Name).ShouldBe(["00", "0a", "3f", "ff"]);

    public static TheoryData<GrainRecord, string> Records => new()
    {
        { Record(G("a"), West, 0x15, E(0x14)), "00000000000000141,f,west,0000000000000015" },
        { Record(G("a"), West, null, E(0x14, 0x2a), tombstone: true), "00000000000000142a,ft,west," },
        { Record(G("a"), East, 0x15, E(0x14), GrainKind.Leased), "00000000000000141,l,east,0000000000000015" },
        { Record(Ext("a"), East, null, E(0, 0x100)), "0000000000000000100,f,east," },
        {
            Record(G("a"), West, 0x15, E(0x14)) with { Offer = new GrainOffer(East) },
            "00000000000000141,f,west,0000000000000015,00000000000000141>east"
        },
        {
            Record(G("a"), West, 0x15, E(0x14)) with { Offer = new GrainOffer(null) },
            "00000000000000141,f,west,0000000000000015,00000000000000141>"
        },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_is_written_compactly_and_read_back(GrainRecord record, string text)
    {
        RecordText.Write(record).ShouldBe(text);
        RecordText.Read(record.Grain, text).ShouldBe(record);
    }

    [Fact]
    public void An_offer_of_another_epoch_than_the_records_has_ended() =>
        RecordText.Read(G("a"), "00000000000000141,f,west,0000000000000015,00000000000000131>east")
            .ShouldBe(Record(G("a"), West, 0x15, E(0x14)));

    [Theory]
    [InlineData("")]
    [InlineData("00000000000000141,f,west")]
    [InlineData("0000000000000014,f,west,")]
    [InlineData("00000000000000141,x,west,")]
    [InlineData("00000000000000141,f,,")]
    [InlineData("00000000000000141,f,west,15")]
    [InlineData("00000000000000141,f,west,0000000000000015,")]
    [InlineData("00000000000000141,f,west,0000000000000015,00000000000000141")]
    [InlineData("00000000000000141,f,west,0000000000000015,00000000000000141>ea st")]
    public void A_record_of_another_shape_is_refused(string text) =>
        Should.Throw<FormatException>(() => RecordText.Read(G("a"), text));

    [Fact]
    public void A_change_is_written_line_by_line_and_read_back()
    {
        var change = new Change(
            "claim",
            new DateTime(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc),
            "",
            Floor,
            T(0x15),
            East,
            East,
            S(0x15),
            S(0x11),
            [
                new ChangedGrain(G("a b"), E(0x11), E(0x15), GrainKind.Fenced, Tombstone: false),
                new ChangedGrain(G("b"), E(0x11), E(0x15), GrainKind.Fenced, Tombstone: false),
                new ChangedGrain(G("c"), null, E(0x15), GrainKind.Leased, Tombstone: false),
                new ChangedGrain(G("d"), E(0x11), E(0x15), GrainKind.Fenced, Tombstone: false),
            ]);

        var text = ChangeText.Write(change);

        text.ShouldBe(
            "claim\t1767323045678\t\t000000000000000a\t0000000000000015\teast\teast\t0000000000000015\t" +
            "0000000000000011\n" +
            "cart/a b\t00000000000000111\t00000000000000151\tf\n" +
            "cart/b\n" +
            "cart/c\t\t00000000000000151\tl\n" +
            "cart/d\t00000000000000111\t00000000000000151\tf");
        var read = ChangeText.Read(text);
        read.Grains.ShouldBe(change.Grains);
        (read with { Grains = change.Grains }).ShouldBe(change);

        // As it was written before a line could be a name alone.
        var inFull = text.Replace(
            "cart/b\n", "cart/b\t00000000000000111\t00000000000000151\tf\n", StringComparison.Ordinal);
        ChangeText.Read(inFull).Grains.ShouldBe(change.Grains);
        Should.Throw<FormatException>(() => ChangeText.Read(text[..text.IndexOf('\n')] + "\ncart/b"));
    }

    [Fact]
    public void An_event_has_the_same_identity_whenever_it_is_read()
    {
        var entry = new OutboxEntry(
            7,
            "GrainPromoted",
            "promote\t1767323045678\tgone\t000000000000000a\t0000000000000014\teast\twest\t\t\n" +
            "cart/a\t00000000000000111\t00000000000000141\tf",
            "");

        var first = OutboxEvents.Decode(0x2a, entry);
        var second = OutboxEvents.Decode(0x2a, entry);

        first.EventId.ShouldBe(second.EventId);
        first.Subject.ShouldBe("shard/2a");
        first.Source.ShouldBe("directory/2a");
        first.Sequence.ShouldBe("000000000000000a-0000000000000007");
        first.OccurredAt.ShouldBe(new DateTime(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc));
    }

    public static TheoryData<SlotRecord, string> Slots => new()
    {
        { new SlotRecord(0, SlotState.Placed, new("w-2"), E(0x14, 2), new("w.1"), 2), "00000000000000142,p,w-2,w.1,2" },
        { new SlotRecord(0, SlotState.Running, new("west-2"), E(0x14)), "00000000000000141,r,west-2,,0" },
        { new SlotRecord(0, SlotState.Stopping, new("west-2"), E(0x14)), "00000000000000141,e,west-2,,0" },
        { new SlotRecord(0, SlotState.Unhealthy, null, E(0x14), new("w"), 1), "00000000000000141,u,,w,1" },
        { new SlotRecord(0, SlotState.Unrecoverable, null, E(0x14)), "00000000000000141,x,,,0" },
        { new SlotRecord(0, SlotState.Stopped, null, E(0x14, 0x2a)), "00000000000000142a,s,,,0" },
    };

    [Theory]
    [MemberData(nameof(Slots))]
    public void A_slot_is_written_compactly_and_read_back(SlotRecord record, string text)
    {
        SlotText.Write(record).ShouldBe(text);
        SlotText.Read(0, text).ShouldBe(record);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000000000000141,p,west-2,")]
    [InlineData("00000000000000141,q,west-2,,0")]
    [InlineData("0000000000000014,p,west-2,,0")]
    [InlineData("00000000000000141,p,we st,,0")]
    [InlineData("00000000000000141,p,west-2,,-1")]
    [InlineData("00000000000000141,p,west-2,,99999999999")]
    public void A_slot_of_another_shape_is_none(string text) => SlotText.TryRead(0, text).ShouldBeNull();

    [Fact]
    public void A_change_of_a_slot_is_one_line_and_read_back()
    {
        var change = new SlotChange(
            new DateTime(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc),
            "nodeFenced",
            Floor,
            RecoveryWest,
            T(0x15),
            new("orders"),
            "replica",
            new SlotRecord(7, SlotState.Unhealthy, null, E(0x14), new("west-1"), 1));

        var text = SlotChangeText.Write(change);

        text.ShouldBe(
            "slot\t1767323045678\tnodeFenced\t000000000000000a\trecovery/west\t0000000000000015\torders\treplica\t" +
            "7\t00000000000000141,u,,west-1,1");
        SlotChangeText.Read(text).ShouldBe(change);
        Should.Throw<FormatException>(() => SlotChangeText.Read(text + "\t"));
        Should.Throw<FormatException>(() => SlotChangeText.Read("s" + text));
    }
}
