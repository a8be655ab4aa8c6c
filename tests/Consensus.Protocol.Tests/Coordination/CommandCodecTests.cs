using System.Text;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Coordination;

public sealed class CommandCodecTests
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const ulong Session = 0x0001_0000_0000_002a;

    // Entries written today are read for ever: a line here may be added, never changed.
    private static readonly Dictionary<string, CoordinationCommand> Golden = new(StringComparer.Ordinal)
    {
        ["01010101000465617374" + "01" + "026e31" + "07" + "8827" + "01" + "0561676e7431" + "01"] =
            new CoordinationCommand.OpenSession(
                new ClusterId("east"),
                new Residence(new NodeId("n1"), new Generation(7)),
                TimeSpan.FromSeconds(5),
                "agnt1",
                Agent: true),
        ["01010101000465617374" + "00" + "8827" + "00" + "00"] =
            new CoordinationCommand.OpenSession(new ClusterId("east"), null, TimeSpan.FromSeconds(5), null, false),
        ["0102010100" + "aa8080808080" + "40"] = new CoordinationCommand.AdvanceSession(Id()),
        ["0103010100" + "aa8080808080" + "40"] = new CoordinationCommand.CloseSession(Id()),
        ["0104010100" + "aa8080808080" + "40" + "03"] = new CoordinationCommand.ExpireSession(Id(), new Term(3)),
        ["0105010100" + "03782f79" + "aa8080808080" + "40"] =
            new CoordinationCommand.Campaign(new ElectionName("x/y"), Id()),
        ["0106010100" + "03782f79" + "aa8080808080" + "40"] =
            new CoordinationCommand.Resign(new ElectionName("x/y"), Id()),
        ["0107010100" + "03782f79" + "aa8080808080" + "40"] =
            new CoordinationCommand.AdvanceElection(new ElectionName("x/y"), Id()),
        ["0108010100" + "03782f79"] = new CoordinationCommand.GrantNext(new ElectionName("x/y")),
        ["0109010100" + "026e31" + "0465617374" + "07" + "01" + "027731" + "d00f" + "01" + "027731" + "0477657374" +
            "0000000000002240" + "d10f"] = new CoordinationCommand.FenceNode(
                new NodeId("n1"),
                new ClusterId("east"),
                new Generation(7),
                FenceCause.Silence,
                new NodeId("w1"),
                TimeSpan.FromSeconds(2),
                [new Evidence(new NodeId("w1"), new ClusterId("west"), 9, TimeSpan.FromMilliseconds(2001))]),
        ["010a010100" + "036b2f31" + "027b7d" + "01"] =
            new CoordinationCommand.PutDefinition(new DefinitionKey("k/1"), "{}", OnlyIfAbsent: true),
        ["010b010100" + "036b2f31"] = new CoordinationCommand.DeleteDefinition(new DefinitionKey("k/1")),
        ["010c010100" + "ac02"] = new CoordinationCommand.RecordAnnounced(new LogIndex(300)),
        ["010e010100" + "02"] = new CoordinationCommand.RaiseFormat(2),
        ["010e010100" + "03"] = new CoordinationCommand.RaiseFormat(3),
        ["010f010100" + "07" + "026731" + "ac02" + "027231" + "03"] =
            new CoordinationCommand.DirectoryLost(new LostMemory(7, "g1", 300, "r1"), LossEvidence.Seq),
        ["010d010100" + "027631" + "09" + "04"] =
            new CoordinationCommand.BeginTerm(new NodeId("v1"), new LogIndex(9), new Term(4)),
    };

    public static TheoryData<string> GoldenBytes => [.. Golden.Keys];

    [Theory]
    [MemberData(nameof(GoldenBytes))]
    public void A_command_has_these_bytes_for_ever(string bytes)
    {
        var stamped = new StampedCommand(new CommandStamp(1, 1, null), Golden[bytes]);

        Convert.ToHexStringLower(CommandCodec.Encode(stamped).Span).ShouldBe(bytes);
        Text(CommandCodec.Decode(Convert.FromHexString(bytes))).ShouldBe(Text(stamped));
    }

    [Theory]
    [InlineData("0203010100" + "01aa808080808040" + "07" + "aa808080808040", true)]
    [InlineData("0203010100" + "00" + "ffffffffffffffff7f" + "aa808080808040", false)]
    public void A_marked_command_has_these_bytes_for_ever(string bytes, bool hasSession)
    {
        var request = hasSession ? new RequestTag(Id(), 7) : new RequestTag(null, long.MaxValue);
        var stamped = new StampedCommand(
            new CommandStamp(1, 1, null) { Request = request }, new CoordinationCommand.CloseSession(Id()));

        Convert.ToHexStringLower(CommandCodec.Encode(stamped).Span).ShouldBe(bytes);
        CommandCodec.Decode(Convert.FromHexString(bytes)).ShouldBe(stamped);
    }

    [Fact]
    public void The_stamp_has_these_bytes_for_ever()
    {
        var stamp = new CommandStamp(0xffff, 1_700_000_000_000, Trace);
        var bytes = CommandCodec.Encode(new StampedCommand(stamp, Golden.Values.Last())).Span;

        Convert.ToHexStringLower(bytes).ShouldStartWith(
            "010d" + "ffff03" + "80d095ffbc31" + "01" + "37" +
            Convert.ToHexStringLower(Encoding.ASCII.GetBytes(Trace)));
        CommandCodec.Decode(bytes).Stamp.ShouldBe(stamp);
    }

    [Fact]
    public void Every_kind_of_command_has_golden_bytes() =>
        Golden.Values.Select(command => command.GetType()).Distinct().Count()
            .ShouldBe(typeof(CoordinationCommand).GetNestedTypes().Length);

    [Theory]
    [MemberData(nameof(GoldenBytes))]
    public void A_command_cut_anywhere_or_with_more_behind_it_is_corrupt(string text)
    {
        var bytes = Convert.FromHexString(text);
        for (var length = 0; length < bytes.Length; length++)
            Should.Throw<CommandCorruptException>(() => CommandCodec.Decode(bytes.AsSpan(0, length)));
        Should.Throw<CommandCorruptException>(() => CommandCodec.Decode([.. bytes, 0]));
    }

    [Theory]
    [InlineData("", "1 bytes wanted, 0 left")]
    [InlineData("03", "version 3, only 1 and 2 are known")]
    [InlineData("0110010100", "unknown kind 16")]
    [InlineData("0100010100", "unknown kind 0")]
    [InlineData("0108010100" + "0178" + "00", "1 bytes after its end")]
    [InlineData("0108010100" + "0120", "is not an election name")]
    [InlineData("0108010100" + "02c328", "not UTF-8")]
    [InlineData("0108010100" + "8101", "number 129 above 128")]
    [InlineData("010c010100" + "8000", "needless bytes")]
    [InlineData("010c010100" + "ffffffffffffffffffff", "more than 64 bits")]
    [InlineData("0108808004" + "0100" + "0178", "number 65536 above 65535")]
    [InlineData("0108010102", "flag 2")]
    [InlineData("010e010100" + "04", "format 4, only 2 and 3 are known")]
    [InlineData("010f010100" + "07" + "00" + "00" + "00" + "01", "gen must be 1 to 64")]
    [InlineData("010f010100" + "07" + "012f" + "00" + "00" + "01", "gen must be 1 to 64")]
    [InlineData("010f010100" + "07" + "0167" + "00" + "012f" + "01", "run must be 0 to 64")]
    [InlineData("010f010100" + "07" + "0167" + "00" + "00" + "04", "unknown evidence 4")]
    [InlineData("010f010100" + "8002", "number 256 above 255")]
    [InlineData("0203010100" + "02", "flag 2")]
    [InlineData("0203010100" + "00" + "80808080808080808001", "number 9223372036854775808 above 9223372036854775807")]
    [InlineData("0109010100" + "026e31" + "0465617374" + "07" + "05", "unknown cause 5")]
    public void What_is_wrong_with_a_command_is_said(string bytes, string why) =>
        Should.Throw<CommandCorruptException>(() => CommandCodec.Decode(Convert.FromHexString(bytes)))
            .Message.ShouldContain(why);

    [Fact]
    public void An_oversized_command_is_not_even_looked_at() =>
        Should.Throw<CommandCorruptException>(
            () => CommandCodec.Decode(new byte[CoordinationLimits.CommandBytesMax + 1]));

    [Fact]
    public void The_largest_definition_fits()
    {
        var put = new CoordinationCommand.PutDefinition(
            new DefinitionKey(new string('k', 128)), new string('x', CoordinationLimits.DefinitionBytesMax), false);
        var stamp = new CommandStamp(ushort.MaxValue, long.MaxValue, new string('t', 64))
        {
            Request = new RequestTag(new SessionId(new Token(ulong.MaxValue)), long.MaxValue),
        };
        var stamped = new StampedCommand(stamp, put);

        CommandCodec.Decode(CommandCodec.Encode(stamped).Span).Command.ShouldBe(put);
    }

    [Fact]
    public void Damaged_bytes_throw_nothing_but_the_named_error()
    {
        const int seed = 20_260_101;
        var random = new Random(seed);
        var originals = Golden.Keys.Select(Convert.FromHexString).ToArray();
        for (var round = 0; round < 100_000; round++)
        {
            var bytes = (byte[])originals[random.Next(originals.Length)].Clone();
            for (var flips = random.Next(4); flips >= 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Decodes(bytes, $"seed {seed}, round {round}");
            random.NextBytes(bytes);
            bytes[0] = (byte)(CommandCodec.Version + random.Next(2));
            Decodes(bytes, $"seed {seed}, round {round}, random");
        }
    }

    /// <summary>Whatever can be read is also the only way to write it.</summary>
    private static void Decodes(byte[] bytes, string where)
    {
        try
        {
            var read = CommandCodec.Decode(bytes);
            CommandCodec.Encode(read).ToArray().ShouldBe(bytes, where);
        }
        catch (CommandCorruptException)
        {
            // The named error, which is what damage is to be answered with.
        }
    }

    private static SessionId Id() => new(new Token(Session));

    // Records compare their arrays by reference, so the text is compared.
    private static string Text(StampedCommand stamped) => stamped.Command is CoordinationCommand.FenceNode fence
        ? $"{stamped.Stamp} {fence with { Observers = [] }} {string.Join(',', fence.Observers)}"
        : stamped.ToString();
}
