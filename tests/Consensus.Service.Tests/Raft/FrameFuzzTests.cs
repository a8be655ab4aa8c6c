using System.Collections.Immutable;
using Google.Protobuf;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;
using Frame = Holdfast.Consensus.Service.Raft.Wire.Frame;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>Bytes from anybody: a frame or a named error, and what is a message is answered or ignored.</summary>
public sealed class FrameFuzzTests
{
    private const int Rounds = 4000;
    private const int FrameBytesMax = 4096;

    private static readonly NodeId N2 = new("n2");

    [Fact]
    public async Task Arbitrary_bytes_are_frames_or_a_named_error()
    {
        var random = new Random(1);
        for (var i = 0; i < Rounds; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (bytes.Length > 4 && random.Next(2) == 0) BitConverter.TryWriteBytes(bytes, bytes.Length - 4);
            await ReadAllAsync(bytes);
        }
    }

    [Fact]
    public async Task Changed_frames_are_messages_or_none_and_a_voter_bears_them_all()
    {
        var random = new Random(2);
        var (node, taken) = (NewVoter(), 0);
        for (var i = 0; i < Rounds; i++)
        {
            var content = MessageCodec.ToFrame(Messages[random.Next(Messages.Length)]).ToByteArray();
            byte[] bytes = [.. BitConverter.GetBytes(content.Length), .. content];
            for (var changes = random.Next(3); changes > 0; changes--)
                bytes[4 + random.Next(content.Length)] = (byte)random.Next(256);
            foreach (var frame in await ReadAllAsync(bytes))
            {
                if (MessageCodec.FromFrame(frame) is not { } message) continue;
                taken++;
                node.Step(new RaftInput.Received(N2, message), Instant.Zero + TimeSpan.FromMilliseconds(i));
            }

            // Each must hold for a voter at any place; one that took a term from far away is of no more use.
            if (random.Next(20) == 0) node = NewVoter();
        }

        taken.ShouldBeGreaterThan(Rounds / 3);
    }

    private static ImmutableArray<RaftMessage> Messages =>
    [
        new PreVoteRequest(new Term(2), new LogIndex(3), new Term(1)),
        new PreVoteReply(new Term(2), Granted: true),
        new VoteRequest(new Term(2), new LogIndex(3), new Term(1), ByLeader: true),
        new VoteReply(new Term(2), Granted: true),
        new AppendRequest(new Term(1), new LogIndex(2), new Term(1), new LogIndex(1),
            [new LogEntry(new LogIndex(3), new Term(1), EntryKind.Command, new byte[] { 7 })]),
        new AppendRequest(new Term(1), LogIndex.Zero, Term.Zero, LogIndex.Zero,
            [new LogEntry(new LogIndex(1), new Term(1), EntryKind.Configuration, Group.Encoded)]),
        new AppendAccepted(new Term(1), new LogIndex(2)),
        new AppendRefused(new Term(1), new LogIndex(2), new LogIndex(1), new Term(1)),
        new Heartbeat(new Term(1), new LogIndex(2), new Round(3)) { Goal = new RecoveryGoal(5, new LogIndex(2)) },
        new HeartbeatReply(new Term(1), new Round(3), TimeSpan.FromMilliseconds(9))
        {
            Loss = new LogLoss(5, new LogIndex(1)),
        },
        new InstallSnapshot(new Term(1), new SnapshotChunk(
            new SnapshotInfo(new LogIndex(5), new Term(1), 4, 77, Group), 0, new byte[] { 1, 2 })),
        new SnapshotAnswer(new Term(1), new LogIndex(5), 2),
        new TimeoutNow(new Term(1)),
        new ReadRequest(new Term(1), 4),
        new ReadReply(new Term(1), 4, Confirmed: true, new LogIndex(2)),
    ];

    private static Configuration Group => Configuration.OfVoters(new NodeId("n1"), N2, new NodeId("n3"));

    private static RaftNode NewVoter() => new(
        new NodeId("n1"),
        Group,
        new RaftOptions(),
        new DurableState(
            new HardState(new Term(1), null),
            [
                new LogEntry(new LogIndex(1), new Term(1), EntryKind.NoOp, default),
                new LogEntry(new LogIndex(2), new Term(1), EntryKind.Command, new byte[] { 1 }),
            ]),
        new Random(3),
        Instant.Zero);

    private static async Task<List<Frame>> ReadAllAsync(byte[] bytes)
    {
        var frames = new List<Frame>();
        using var source = new MemoryStream(bytes);
        await using var stream = new FrameStream(source, source, FrameBytesMax);
        try
        {
            while (await stream.ReadAsync(CancellationToken.None) is { } frame) frames.Add(frame);
        }
        catch (FrameException named)
        {
            named.Reason.ShouldBeOneOf("length", "malformed", "cut", "content");
        }

        return frames;
    }
}
