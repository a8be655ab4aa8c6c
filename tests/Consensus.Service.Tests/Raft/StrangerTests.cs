using System.Net.Sockets;
using Google.Protobuf;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;
using Holdfast.Servers;
using Wire = Holdfast.Consensus.Service.Raft.Wire;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>What strangers cost a voter: so many threads, so many lines of its log, and no more.</summary>
[Collection("voters on loopback")]
public sealed class StrangerTests
{
    private const int ConnectionRefused = 2512;
    private static readonly NodeId N1 = new("n1");

    [Fact]
    public async Task A_flood_of_strangers_is_served_by_no_more_threads_than_there_are_places()
    {
        const int places = 3;
        var served = 0;
        var doorway = new Doorway(places);
        var known = new TaskCompletionSource();
        async Task ServeAsync(Socket socket)
        {
            Interlocked.Increment(ref served);
            await known.Task;
            doorway.Leave();
        }

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var serving = new List<Task>();
        for (var i = 0; i < 200; i++)
            if (doorway.TryEnter(socket, ServeAsync, out var one)) serving.Add(one);

        serving.Count.ShouldBe(places);
        known.SetResult();
        await Task.WhenAll(serving).OrFailAsync("those that had a place have left");
        served.ShouldBe(places);
        doorway.TryEnter(socket, ServeAsync, out var next).ShouldBeTrue();
        await next!.OrFailAsync("the next one is served");
        served.ShouldBe(places + 1);
    }

    [Fact]
    public async Task What_strangers_say_is_one_short_line_of_the_log_however_often_they_say_it()
    {
        using var log = new RecordedLog();
        using var refusals = new RefusalListener();
        await using var voters = new TestVoters(3) { Loggers = log };
        await voters.StartAsync(N1);
        var hello = new Wire.Hello
        {
            Version = Handshake.Version,
            Group = "other\nvoter n1 has lost everything" + new string('x', 10_000),
            From = "n2",
            To = "n1",
            Nonce = ByteString.CopyFrom(new byte[32]),
        };

        for (var i = 0; i < 20; i++)
        {
            await SayAsync(voters, new Wire.Frame { Hello = hello });
            await refusals.HearsAsync("group");
        }

        var line = await log.HearsAsync(ConnectionRefused);
        log.Of(ConnectionRefused).ShouldHaveSingleItem();
        line.ShouldContain("this is group 'test', not 'other\\u{a}voter n1 has lost everything");
        line.ShouldNotContain("\n");
        line.Length.ShouldBeLessThan(400);

        // Another reason is other news.
        hello.Group = "test";
        hello.To = "n3";
        await SayAsync(voters, new Wire.Frame { Hello = hello });
        (await log.HearsAsync(ConnectionRefused)).ShouldContain("this is voter 'n1', not 'n3'");
    }

    [Theory]
    [InlineData("n1", "n1")]
    [InlineData("größe", "größe")]
    [InlineData("a\r\nb\tc", @"a\u{d}\u{a}b\u{9}c")]
    [InlineData("\u001b[2J\u2028\u202e", @"\u{1b}[2J\u{2028}\u{202e}")]
    [InlineData("", "")]
    public void A_strangers_text_keeps_within_its_line(string text, string shown) =>
        ForeignText.Of(text).ShouldBe(shown);

    [Fact]
    public void A_strangers_text_is_cut_and_says_so()
    {
        ForeignText.Of(new string('x', 128)).ShouldBe(new string('x', 128));
        ForeignText.Of(new string('x', 129)).ShouldBe(new string('x', 128) + "…");
        ForeignText.Of(new string('\n', 10_000)).Length.ShouldBeLessThanOrEqualTo(129);
    }

    [Fact]
    public void A_machine_that_is_gone_is_asked_for_where_nothing_is_sent()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);

        SocketTuning.Apply(socket);

        socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive).ShouldNotBe(0);
        socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime).ShouldBe(5);
        socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval).ShouldBe(1);
        socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount).ShouldBe(5);
    }

    /// <summary>On a connection of its own, until that is closed.</summary>
    private static async Task SayAsync(TestVoters voters, Wire.Frame frame)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(voters.OptionsOf(N1).Listen, TestContext.Current.CancellationToken);
        await using var stream = new FrameStream(socket, Handshake.FrameBytesMax);
        stream.Write(frame);
        await stream.FlushAsync(TestContext.Current.CancellationToken);
        while (await stream.ReadAsync(TestContext.Current.CancellationToken).OrFailAsync("it is answered") is not null)
        {
            // The refusal, then the end.
        }
    }
}
