using System.Net.Sockets;
using Google.Protobuf;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;
using Wire = Holdfast.Consensus.Service.Raft.Wire;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>What strangers and broken voters can do to a listener: nothing, and they are counted.</summary>
[Collection("voters on loopback")]
public sealed class ConnectionTests
{
    private static readonly NodeId N1 = new("n1");

    [Theory]
    [InlineData("another group", "group")]
    [InlineData("another voter", "voter")]
    [InlineData("an unknown voter", "secret")]
    [InlineData("a newer version", "version")]
    [InlineData("a version from before the first", "version")]
    [InlineData("its own name", "member")]
    [InlineData("an illegal name", "member")]
    [InlineData("a short nonce", "nonce")]
    [InlineData("a wrong proof", "secret")]
    [InlineData("a message before the handshake", "handshake")]
    [InlineData("an endless frame", "length")]
    [InlineData("bytes that are no frame", "malformed")]
    public async Task A_stranger_is_refused_and_counted(string stranger, string reason)
    {
        await using var voters = new TestVoters(3);
        using var refusals = new RefusalListener();
        await voters.StartAsync(N1);
        using var socket = await ConnectAsync(voters);

        await SpeakAsync(socket, stranger);

        await refusals.HearsAsync(reason);
        await ReadToEndAsync(socket).OrFailAsync("the connection is closed");
        voters[N1].Status.Term.ShouldBe(Term.Zero);
    }

    [Fact]
    public void Every_message_comes_back_from_its_frame_as_it_was()
    {
        RaftMessage[] messages =
        [
            new PreVoteRequest(new Term(3), new LogIndex(2), new Term(1)),
            new PreVoteReply(new Term(3), Granted: true),
            new VoteRequest(new Term(3), new LogIndex(2), new Term(1)),
            new VoteRequest(new Term(3), new LogIndex(2), new Term(1), ByLeader: true),
            new VoteReply(new Term(3), Granted: false),
            new TimeoutNow(new Term(3)),
            new AppendAccepted(new Term(3), new LogIndex(9)),
            new AppendRefused(new Term(3), new LogIndex(9), new LogIndex(4), new Term(2)),
            new Heartbeat(new Term(3), new LogIndex(9), new Round(7)),
            new Heartbeat(new Term(3), new LogIndex(9), new Round(7), TimeSpan.FromMilliseconds(800)),
            new HeartbeatReply(new Term(3), new Round(7)),
            new HeartbeatReply(new Term(3), new Round(7), TimeSpan.FromMilliseconds(500)),
            new ReadRequest(new Term(3), ulong.MaxValue),
            new ReadReply(new Term(3), 8, Confirmed: true, new LogIndex(5)),
        ];
        foreach (var message in messages) ThroughBytes(message).ShouldBe(message);

        var append = new AppendRequest(
            new Term(3), new LogIndex(4), new Term(2), new LogIndex(1),
            [new(new(5), new(2), EntryKind.NoOp, default), new(new(6), new(3), EntryKind.Command, "x"u8.ToArray())]);
        var read = ThroughBytes(append).ShouldBeOfType<AppendRequest>();
        read.ShouldBe(append with { Entries = read.Entries });
        read.Entries.Select(static entry => (entry.Index, entry.Term, entry.Kind))
            .ShouldBe(append.Entries.Select(static entry => (entry.Index, entry.Term, entry.Kind)));
        read.Entries[1].Command.ToArray().ShouldBe("x"u8.ToArray());
    }

    [Fact]
    public void An_entry_of_a_kind_that_is_not_known_makes_the_message_unknown()
    {
        var request = new Wire.AppendRequest { Term = 1, Entries = { new Wire.Entry { Term = 1, Kind = 77 } } };
        MessageCodec.FromFrame(new Wire.Frame { AppendRequest = request }).ShouldBeNull();
    }

    private static RaftMessage? ThroughBytes(RaftMessage message) =>
        MessageCodec.FromFrame(Wire.Frame.Parser.ParseFrom(MessageCodec.ToFrame(message).ToByteArray()));

    private static async Task<Socket> ConnectAsync(TestVoters voters)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(voters.OptionsOf(N1).Listen);
        return socket;
    }

    private static async Task SpeakAsync(Socket socket, string stranger)
    {
        var hello = new Wire.Hello
        {
            Version = stranger switch
            {
                "a newer version" => Handshake.Version + 1,
                "a version from before the first" => Handshake.OldestVersion - 1,
                _ => Handshake.Version,
            },
            Group = stranger == "another group" ? "other" : "test",
            From = stranger switch
            {
                "an unknown voter" => "n9",
                "its own name" => "n1",
                "an illegal name" => "n 2",
                _ => "n2",
            },
            To = stranger == "another voter" ? "n3" : "n1",
            Nonce = ByteString.CopyFrom(new byte[stranger == "a short nonce" ? 3 : 32]),
        };
        var frame = stranger == "a message before the handshake"
            ? new Wire.Frame { Heartbeat = new Wire.Heartbeat { Term = 9 } }
            : new Wire.Frame { Hello = hello };
        var bytes = stranger switch
        {
            "an endless frame" => BitConverter.GetBytes(int.MaxValue),
            "bytes that are no frame" => [3, 0, 0, 0, 0xff, 0xff, 0xff],
            _ => Framed(frame),
        };
        await socket.SendAsync(bytes);
        if (stranger is "a wrong proof" or "an unknown voter")
            await socket.SendAsync(Framed(new Wire.Frame { Proof = new Wire.Proof { Proof_ = hello.Nonce } }));
    }

    private static byte[] Framed(Wire.Frame frame) =>
        [.. BitConverter.GetBytes(frame.CalculateSize()), .. frame.ToByteArray()];

    private static async Task ReadToEndAsync(Socket socket)
    {
        var buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer) > 0)
            {
                // What the listener says before it closes is its refusal.
            }
        }
        catch (SocketException)
        {
            // Closed with what it had not read: a reset.
        }
    }
}
