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

        for (var spoken = Handshake.Version; spoken > 1; spoken--)
        {
            var refused = await Should.ThrowAsync<FrameException>(() => AcceptAsync(listener, older));
            refused.Message.ShouldBe($"version {spoken} is not spoken here, 1 is");
        }

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

    [Fact]
    public async Task A_leader_asks_an_older_voter_to_take_over_only_once_and_gives_up_at_once()
    {
        // On a noisy machine, too, the same leads until both are answered.
        await using var voters = new TestVoters(2) { ElectionTimeoutMin = TimeSpan.FromSeconds(2) };
        var cancel = TestContext.Current.CancellationToken;
        var options = voters.OptionsOf(Yesterday);
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(options.Listen);
        listener.Listen();
        var leader = await voters.StartAsync(Today);
        using var speaking = await ConnectAsync(voters);
        await using var toLeader = new FrameStream(speaking, FrameBytesMax);
        await new Handshake(options).DialAsync(toLeader, Today, version: 1, cancel);
        var older = new Handshake(options, newest: 1);
        for (var spoken = Handshake.Version; spoken > 1; spoken--)
            await Should.ThrowAsync<FrameException>(() => AcceptAsync(listener, older));
        using var heard = await listener.AcceptAsync(cancel).AsTask().OrFailAsync("it is dialled again");
        await using var fromLeader = new FrameStream(heard, FrameBytesMax);
        await older.AcceptAsync(fromLeader, new Assurance.InClear(), cancel).OrFailAsync("the dialler is heard");

        var agreeing = AgreeAsync(fromLeader, toLeader, cancel);
        await leader.LeadsAsync(cancel).OrFailAsync("it leads");
        var first = await leader.TransferLeadershipAsync(to: null, cancel).OrFailAsync("the first is answered");
        var second = await leader.TransferLeadershipAsync(to: null, cancel).OrFailAsync("the second is answered");

        first.ShouldBe(new TransferOutcome.Refused(TransferStage.Aborted, Yesterday));
        second.ShouldBe(new TransferOutcome.Refused(TransferStage.Unreachable, null));
        leader.DoAllSpeak(1).ShouldBeTrue();
        leader.DoAllSpeak(Handshake.ReadsRequests).ShouldBeFalse();
        agreeing.IsFaulted.ShouldBeFalse();
    }

    /// <summary>Says yes to everything that a candidate and a leader ask of a voter of version 1.</summary>
    private static async Task AgreeAsync(FrameStream from, FrameStream to, CancellationToken cancel)
    {
        while (await from.ReadAsync(cancel) is { } frame)
        {
            RaftMessage answer = MessageCodec.FromFrame(frame) switch
            {
                PreVoteRequest asked => new PreVoteReply(asked.Term, Granted: true),
                VoteRequest asked => new VoteReply(asked.Term, Granted: true),
                AppendRequest append => new AppendAccepted(append.Term, append.LastIndex),
                Heartbeat heartbeat => new HeartbeatReply(heartbeat.Term, heartbeat.Round),
                var other => throw new InvalidOperationException($"{other} is nothing that version 1 knows."),
            };
            to.Write(MessageCodec.ToFrame(answer));
            await to.FlushAsync(cancel);
        }
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
        var (from, _) = await handshake.AcceptAsync(stream, new Assurance.InClear(), cancel)
            .OrFailAsync("the dialler is heard");
        var frame = await stream.ReadAsync(cancel).OrFailAsync("it says something");
        return (from, frame is null ? null : MessageCodec.FromFrame(frame));
    }
}
