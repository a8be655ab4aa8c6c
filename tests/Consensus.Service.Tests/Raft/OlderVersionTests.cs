using System.Net.Sockets;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>A voter of yesterday beside one of today, as in every rolling upgrade.</summary>
[Collection("voters on loopback")]
public sealed class OlderVersionTests
{
    private const int FrameBytesMax = 1024 * 1024;
    private static readonly NodeId Today = new("n1");
    private static readonly NodeId Yesterday = new("n2");

    [Fact]
    public async Task An_older_voter_is_dialled_again_in_its_own_version()
    {
        await using var voters = new TestVoters(3);
        var options = voters.OptionsOf(Yesterday);
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(options.Listen);
        listener.Listen();
        await voters.StartAsync(Today);
        var older = new Handshake(options, newest: 1);

        var refused = await Should.ThrowAsync<FrameException>(() => AcceptAsync(listener, older));
        refused.Message.ShouldBe($"version {Handshake.Version} is not spoken here, 1 is");
        var (from, first) = await AcceptAsync(listener, older);

        from.ShouldBe(Today);
        first.ShouldBeOfType<PreVoteRequest>();
    }

    [Fact]
    public async Task An_older_voter_is_welcome_and_a_newer_one_is_refused_by_its_version()
    {
        await using var voters = new TestVoters(3);
        await voters.StartAsync(Today);
        var other = new Handshake(voters.OptionsOf(Yesterday));

        using (var old = await ConnectAsync(voters))
        {
            await using var stream = new FrameStream(old, FrameBytesMax);
            await other.DialAsync(stream, Today, version: 1, TestContext.Current.CancellationToken)
                .OrFailAsync("the older voter is welcome");
        }

        using var socket = await ConnectAsync(voters);
        await using var newer = new FrameStream(socket, FrameBytesMax);
        var refused = await Should.ThrowAsync<FrameException>(() => other.DialAsync(
            newer, Today, Handshake.Version + 1, TestContext.Current.CancellationToken));
        refused.Reason.ShouldBe(Handshake.OlderVersion);
        refused.Message.ShouldContain($"version {Handshake.Version + 1} is not spoken here, {Handshake.Version} is");
    }

    [Fact]
    public void Only_what_an_older_voter_knows_is_said_to_it()
    {
        MessageCodec.VersionOf(new TimeoutNow(new Term(1))).ShouldBe(2u);
        MessageCodec.VersionOf(new ReadRequest(new Term(1), 1)).ShouldBe(2u);
        MessageCodec.VersionOf(new Heartbeat(new Term(1), new LogIndex(1), new Round(1))).ShouldBe(1u);
    }

    private static async Task<Socket> ConnectAsync(TestVoters voters)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(voters.OptionsOf(Today).Listen, TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task<(NodeId From, RaftMessage? First)> AcceptAsync(Socket listener, Handshake handshake)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var socket = await listener.AcceptAsync(cancel).AsTask().OrFailAsync("it is dialled");
        await using var stream = new FrameStream(socket, FrameBytesMax);
        var (from, _) = await handshake.AcceptAsync(stream, cancel).OrFailAsync("the dialler is heard");
        var frame = await stream.ReadAsync(cancel).OrFailAsync("it says something");
        return (from, frame is null ? null : MessageCodec.FromFrame(frame));
    }
}
