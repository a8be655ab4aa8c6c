using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Protocol.Requests;

namespace Holdfast.Consensus.Protocol.Tests.Requests;

public sealed class RequestWindowsTests
{
    private static readonly RequestLimits Limits = new()
    {
        AnswersPerClientMax = 4,
        BytesMax = 10 * (RequestLimits.AnswerOverheadBytes + 1),
        ClientsMax = 3,
    };

    [Fact]
    public void A_repeat_is_told_what_the_first_was_told()
    {
        var windows = Opened(1);
        windows.Judge(1, 5, 77).ShouldBeOfType<RequestVerdict.New>();

        windows = windows.Remember(1, 5, 77, new LogIndex(10), "x"u8.ToArray());

        AnswerOf(windows.Judge(1, 5, 77)).ShouldBe("x");
        windows.Judge(1, 5, 78).ShouldBeOfType<RequestVerdict.Reused>();
        windows.Judge(1, 4, 77).ShouldBeOfType<RequestVerdict.New>();
        windows.Judge(1, 6, 77).ShouldBeOfType<RequestVerdict.New>();
        windows.Judge(1, 0, 77).ShouldBeOfType<RequestVerdict.Forgotten>();
        windows.Judge(2, 5, 77).ShouldBeOfType<RequestVerdict.UnknownClient>();
    }

    [Fact]
    public void What_makes_room_is_refused_from_then_on()
    {
        var windows = Opened(1);
        ulong[] numbers = [10, 30, 20, 40, 50];
        for (var i = 0; i < numbers.Length; i++)
            windows = windows.Remember(1, numbers[i], 0, new LogIndex((ulong)(10 + i)), "x"u8.ToArray());

        windows.Judge(1, 10, 0).ShouldBe(new RequestVerdict.Forgotten(11));
        windows.Judge(1, 11, 0).ShouldBeOfType<RequestVerdict.New>();
        AnswerOf(windows.Judge(1, 20, 0)).ShouldBe("x");
    }

    [Fact]
    public void Above_the_bytes_of_all_the_oldest_answers_go_whosever_they_are()
    {
        var windows = Opened(1, 2);
        windows = windows.Remember(1, 1, 0, new LogIndex(11), "x"u8.ToArray());
        windows = windows.Remember(2, 1, 0, new LogIndex(12), "x"u8.ToArray());
        windows = windows.Remember(2, 2, 0, new LogIndex(13), new byte[Limits.BytesMax - 190]);

        windows.Bytes.ShouldBeLessThanOrEqualTo(Limits.BytesMax);
        windows.Judge(1, 1, 0).ShouldBe(new RequestVerdict.Forgotten(2));
        AnswerOf(windows.Judge(2, 1, 0)).ShouldBe("x");
    }

    [Fact]
    public void An_answer_that_is_above_the_bytes_of_all_is_kept_alone()
    {
        var windows = Opened(1).Remember(1, 1, 0, new LogIndex(11), "x"u8.ToArray());
        windows = windows.Remember(1, 2, 0, new LogIndex(12), new byte[2 * Limits.BytesMax]);

        windows.Answers.ShouldBe(1);
        windows.Judge(1, 2, 0).ShouldBeOfType<RequestVerdict.Answered>();
        windows.Judge(1, 1, 0).ShouldBe(new RequestVerdict.Forgotten(2));
    }

    [Fact]
    public void A_new_client_takes_the_place_of_the_one_that_asked_nothing_for_longest()
    {
        var windows = Opened(1, 2, 3).Remember(1, 1, 0, new LogIndex(11), "x"u8.ToArray());

        windows = windows.Open(4, new LogIndex(12));

        windows.Clients.ShouldBe(3);
        windows.Judge(2, 1, 0).ShouldBeOfType<RequestVerdict.UnknownClient>();
        AnswerOf(windows.Judge(1, 1, 0)).ShouldBe("x");
        windows.Close(1).ShouldSatisfyAllConditions(
            static rest => rest.Answers.ShouldBe(0),
            static rest => rest.Bytes.ShouldBe(0),
            static rest => rest.Judge(1, 1, 0).ShouldBeOfType<RequestVerdict.UnknownClient>());
    }

    [Fact]
    public void Whatever_is_asked_nothing_is_done_twice_and_nothing_else_is_told_than_at_first() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ArrayOf().ToArbitrary(), static asked =>
        {
            // The naive twin remembers everything for ever.
            var done = new Dictionary<(ulong Client, ulong Number), byte[]>();
            var windows = Opened(1, 2, 3);
            for (var i = 0; i < asked.Length; i++)
            {
                var (client, number) = (1 + ((ulong)asked[i] % 3), 1 + ((ulong)asked[i] / 3 % 12));
                switch (windows.Judge(client, number, (uint)number))
                {
                    case RequestVerdict.New:
                        var answer = new byte[asked[i] % 90];
                        done.TryAdd((client, number), answer).ShouldBeTrue();
                        windows = windows.Remember(client, number, (uint)number, new LogIndex(10 + (ulong)i), answer);
                        break;
                    case RequestVerdict.Answered answered:
                        answered.Answer.ToArray().ShouldBe(done[(client, number)]);
                        break;
                }

                (windows.Bytes <= Limits.BytesMax || windows.Answers == 1).ShouldBeTrue();
                Bytes(RequestWindows.Read(Bytes(windows), Limits)).ShouldBe(Bytes(windows));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(60));

    [Fact]
    public void What_is_cut_off_or_damaged_throws_nothing_but_the_named_error()
    {
        var windows = Opened(1, 300).Remember(300, 5, 9, new LogIndex(11), "answer"u8.ToArray());
        var bytes = Bytes(windows.Remember(300, 6, 9, new LogIndex(12), "another"u8.ToArray()));
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            Should.Throw<CommandCorruptException>(() => RequestWindows.Read(cut, Limits));
        }

        Should.Throw<CommandCorruptException>(() => RequestWindows.Read([.. bytes, 0], Limits));
        var random = new System.Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = bytes.ToArray();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            Reads(damaged);
        }
    }

    private static void Reads(byte[] bytes)
    {
        try
        {
            Bytes(RequestWindows.Read(bytes, Limits)).ShouldBe(bytes);
        }
        catch (CommandCorruptException)
        {
            // The named error, which is what damage is to be answered with.
        }
    }

    private static RequestWindows Opened(params ulong[] clients)
    {
        var windows = RequestWindows.Empty(Limits);
        for (var i = 0; i < clients.Length; i++) windows = windows.Open(clients[i], new LogIndex((ulong)i + 1));
        return windows;
    }

    private static string AnswerOf(RequestVerdict verdict) =>
        Encoding.ASCII.GetString(verdict.ShouldBeOfType<RequestVerdict.Answered>().Answer.Span);

    private static byte[] Bytes(RequestWindows windows)
    {
        var bytes = new ArrayBufferWriter<byte>();
        windows.WriteTo(bytes);
        return bytes.WrittenSpan.ToArray();
    }
}
