using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using static Holdfast.Handoff.Wire.HandoffMessage;

namespace Holdfast.Handoff.Wire.Frames;

public sealed class HandoffCodecTests
{
    public static TheoryData<int> Each => [.. Enumerable.Range(0, Samples.All.Length)];

    [Fact]
    public void The_published_example_has_its_published_bytes() =>
        Convert.ToHexString(HandoffCodec.Write(new Hello(HandoffRole.Incumbent, 1234, default, 1, 1, 0)))
            .ShouldBe("0A00000001000000D20900010100");

    [Theory, MemberData(nameof(Each))]
    public void Each_message_has_its_golden_bytes(int sample)
    {
        var (message, body) = Samples.All[sample];

        Convert.ToHexString(HandoffCodec.Write(message)).ShouldBe(Convert.ToHexString(Framed(Samples.Bytes(body))));
    }

    [Theory, MemberData(nameof(Each))]
    public void Each_message_is_read_from_its_golden_bytes(int sample)
    {
        var (message, body) = Samples.All[sample];
        var bytes = Framed(Samples.Bytes(body));

        HandoffCodec.TryRead(bytes, out var frame, out var consumed).ShouldBe(FrameStatus.Complete);

        consumed.ShouldBe(bytes.Length);
        frame.Version.ShouldBe((ushort)1);
        frame.Message.GetType().ShouldBe(message.GetType());
        HandoffCodec.Write(frame.Message).ShouldBe(bytes);
    }

    [Theory, MemberData(nameof(Each))]
    public void A_frame_cut_at_any_byte_waits_for_the_rest(int sample)
    {
        var bytes = HandoffCodec.Write(Samples.All[sample].Message);

        for (var cut = 0; cut < bytes.Length; cut++)
        {
            HandoffCodec.TryRead(bytes.AsSpan(0, cut), out _, out var consumed)
                .ShouldBe(FrameStatus.NeedMoreBytes, $"cut at {cut}");
            consumed.ShouldBe(0);
        }
    }

    [Theory, MemberData(nameof(Each))]
    public void A_body_cut_at_any_byte_is_malformed(int sample)
    {
        var body = Samples.Bytes(Samples.All[sample].Body);

        for (var cut = 0; cut < body.Length; cut++)
        {
            HandoffCodec.TryRead(Framed(body[..cut]), out _, out _)
                .ShouldBe(FrameStatus.Malformed, $"cut at {cut}");
        }
    }

    [Fact]
    public void Frames_that_follow_each_other_are_read_one_by_one()
    {
        byte[] bytes = [.. Samples.All.SelectMany(sample => HandoffCodec.Write(sample.Message))];
        var read = new List<HandoffMessage>();

        for (var at = 0; at < bytes.Length;)
        {
            HandoffCodec.TryRead(bytes.AsSpan(at), out var frame, out var consumed).ShouldBe(FrameStatus.Complete);
            read.Add(frame.Message);
            at += consumed;
        }

        read.Select(message => message.GetType()).ShouldBe(Samples.All.Select(sample => sample.Message.GetType()));
    }

    [Fact]
    public void What_a_later_build_adds_to_a_message_is_passed_over()
    {
        var bytes = Framed([.. Samples.Bytes("03 00 01"), 0xEE, 0xEE]);

        HandoffCodec.TryRead(bytes, out var frame, out var consumed).ShouldBe(FrameStatus.Complete);

        frame.Message.ShouldBe(new Drained(0, AcceptClosed: true));
        consumed.ShouldBe(bytes.Length);
    }

    [Theory]
    [InlineData(0u, FrameStatus.TooShort)]
    [InlineData(1u, FrameStatus.TooShort)]
    [InlineData(2u, FrameStatus.NeedMoreBytes)]
    [InlineData(1_048_576u, FrameStatus.NeedMoreBytes)]
    [InlineData(1_048_577u, FrameStatus.TooLarge)]
    [InlineData(uint.MaxValue, FrameStatus.TooLarge)]
    public void A_length_is_judged_before_anything_is_made_for_it(uint length, FrameStatus status)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, length);

        HandoffCodec.TryRead(bytes, out _, out _).ShouldBe(status);
    }

    [Theory]
    [InlineData("0E", "an unknown message")]
    [InlineData("00 02 01 00 01 01 00", "an unknown role")]
    [InlineData("03 00 02", "a flag that is neither")]
    [InlineData("03 FFFFFFFF1F 01", "a number above 32 bits")]
    [InlineData("03 8080808080 01", "a number of six bytes")]
    [InlineData("0D FFFFFFFFFFFFFFFFFF02", "a number above 64 bits")]
    [InlineData("01 80808000 10 00112233445566778899AABBCCDDEEFF", "a version of four bytes")]
    [InlineData("04 0F 00112233445566778899AABBCCDDEE", "an id of 15 bytes")]
    [InlineData("0B 10 00112233445566778899AABBCCDDEEFF 01 FF", "text that is not UTF-8")]
    [InlineData("0B 10 00112233445566778899AABBCCDDEEFF FFFFFFFFFFFFFFFFFF01", "a text longer than all there is")]
    [InlineData("09 10 00112233445566778899AABBCCDDEEFF FFFFFFFF07", "more listeners than there are bytes")]
    public void A_broken_body_is_named_and_never_thrown(string body, string what) =>
        HandoffCodec.TryRead(Framed(Samples.Bytes(body)), out _, out _).ShouldBe(FrameStatus.Malformed, what);

    [Fact]
    public void Any_bytes_are_answered_with_a_status() =>
        Prop.ForAll<byte[]>(body =>
        {
            var status = HandoffCodec.TryRead(Framed(body ?? []), out var frame, out _);
            if (status == FrameStatus.Complete) HandoffCodec.Write(frame.Message, frame.Version);
            return status is FrameStatus.Complete or FrameStatus.Malformed;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    [Fact]
    public void A_message_with_any_byte_changed_is_read_or_malformed()
    {
        foreach (var (message, _) in Samples.All)
        {
            var bytes = HandoffCodec.Write(message);
            for (var at = 4; at < bytes.Length; at++)
            {
                for (var value = 0; value < 256; value++)
                {
                    var broken = bytes.ToArray();
                    broken[at] = (byte)value;
                    HandoffCodec.TryRead(broken, out _, out _)
                        .ShouldBeOneOf(FrameStatus.Complete, FrameStatus.Malformed);
                }
            }
        }
    }

    [Fact]
    public void A_message_above_the_limit_is_not_written() =>
        Should.Throw<ArgumentException>(() =>
                HandoffCodec.Write(new Abort(Samples.Handoff, new string('x', HandoffCodec.LengthMax))))
            .Message.ShouldContain("is above 1048576");

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(0, 9, 1)]
    [InlineData(2, 9, null)]
    [InlineData(0, 0, null)]
    [InlineData(5, 1, null)]
    public void The_highest_shared_version_is_chosen(ushort min, ushort max, int? chosen) =>
        HandoffCodec.ChooseVersion(min, max).ShouldBe((ushort?)chosen);

    private static byte[] Framed(byte[] body)
    {
        var frame = new byte[6 + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(2 + body.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(4), 1);
        body.CopyTo(frame.AsSpan(6));
        return frame;
    }
}
